// What the pure core must know from outside, and what it was told. Questions are values; the rim answers them
// (daemon/observer.h) and records the answers, so that replay gives the same ones again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/limits.h"

namespace weir::guard {

inline constexpr std::size_t kQuestionsMax = 256;                   // of one event
inline constexpr std::size_t kScriptBytesMax = 256 * limits::kKiB;  // longer scripts are digested, not read

struct Question {
  enum class Kind {
    path,    // subject: absolute path → {resolved, parent, exists, kind, inode, device}
    script,  // subject: absolute path → {digest, text?}   text when it is at most kScriptBytesMax and UTF-8
    workspace,  // subject: a working directory → {root}      the repository around it, or the directory
                // itself
    git_head,   // subject: a working directory → {branch}    "" when detached or no repository
  };
  Kind kind = Kind::path;
  std::string subject;

  // "path:/etc/passwd": how answers are filed.
  std::string key() const;
  bool operator==(const Question&) const = default;
};

// Answers by Question::key(). A null answer says: asked, and could not be answered.
using Answers = std::map<std::string, Json>;

Json answers_json(const Answers& answers);
Answers answers_from(const Json& json);

}  // namespace weir::guard
