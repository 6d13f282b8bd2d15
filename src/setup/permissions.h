// The permission settings that agents have of their own, as Cedar policies: what `weir policy import` writes.
//
//   TRY(PermissionImport import, import_permissions("claude-code", {{"settings.json", text}}, options));
//   import.policies     // Cedar text, valid against weir.cedarschema
//   import.notes        // rules that do nothing, less than they seem to, or more
//
// A rule becomes a policy about what is done, not about how it is spelled: `Bash(curl:*)` becomes a refusal
// of the program curl, wherever in a command it runs. What an agent's rule does not do although it looks as
// if it did is said in a note: that is what a team wants to know before it relies on it. What each agent
// reads: docs/import.md. Input is hostile: limits are kPermissionFileBytesMax and kPermissionRulesMax.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace weir::setup {

inline constexpr std::size_t kPermissionFileBytesMax = limits::kMiB;
inline constexpr std::size_t kPermissionRulesMax = 5000;

struct PermissionFile {
  std::string name;  // for messages
  std::string text;
};

struct PermissionOptions {
  std::string home;         // what "~" stands for
  bool allow_list = false;  // permits replace base.allow: what no rule allows is refused
};

struct PermissionNote {
  enum class Kind {
    no_effect,  // the agent passes over this rule without a word
    weaker,     // it stops or covers less than it seems to
    wider,      // the policy written here covers more than the rule: nothing narrower can be said
    shadowed,   // another rule decides first, always
    skipped,    // not imported
  };
  Kind kind = Kind::no_effect;
  std::string where;  // file and key: "settings.json permissions.deny[2]"
  std::string rule;   // as written
  std::string message;
  bool operator==(const PermissionNote&) const = default;
};
std::string_view name(PermissionNote::Kind kind);

struct PermissionImport {
  std::string policies;
  std::vector<PermissionNote> notes;
  std::size_t rules = 0;    // read
  std::size_t written = 0;  // policies
};

// `agent` is claude-code, codex, gemini or copilot. Errors: `invalid` for another agent and for text that is
// not what the agent reads; `limit`.
Result<PermissionImport> import_permissions(std::string_view agent, std::span<const PermissionFile> files,
                                            const PermissionOptions& options);

}  // namespace weir::setup
