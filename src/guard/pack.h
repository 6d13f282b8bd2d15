// Policies and catalogues as one immutable snapshot, swapped whole. Loading fails as a whole with every
// problem named; the caller keeps the old snapshot then.
//
//   TRY(auto pack, Pack::load({.policies = …, .paths = …, .commands = …}));
//   pack->meta("files.delete-outside").verdict        // what its annotations mean
//
// Annotations (docs/policies.md): @id, @decision("ask|guide|transform|warn|quarantine"), @reason, @advice,
// @severity,
// @class, @mode("observe"), @approvals("2"), @rewrite("{…}") with transform.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cedar/policy_set.h"
#include "event/decision.h"
#include "guard/path_classes.h"
#include "shell/command_table.h"

namespace weir::guard {

struct PackSources {
  std::vector<NamedText> policies;  // *.cedar, in order
  std::vector<NamedText> paths;     // path catalogues
  std::vector<NamedText> commands;  // command catalogues
};

// What a policy's annotations mean.
struct PolicyMeta {
  event::Verdict verdict = event::Verdict::deny;  // of a forbid; permits: allow or warn
  bool observe = false;
  int approvals = 1;
  std::string reason;
  std::string advice;
  std::string severity;
  std::string evidence_class;
  Json rewrite;  // of @decision("transform"): a JSON Merge Patch (RFC 7386) for the tool's input
};

class Pack {
 public:
  static Result<std::shared_ptr<const Pack>> load(const PackSources& sources);

  const cedar::PolicySet& policies() const { return policies_; }
  const PolicyMeta& meta(const std::string& policy_id) const;
  const PathClasses& paths() const { return paths_; }
  const shell::CommandTable& commands() const { return commands_; }
  const std::string& policy_digest() const { return policy_digest_; }    // "sha256:…" over names and texts
  const std::string& content_digest() const { return content_digest_; }  // the catalogues
  std::size_t policy_count() const { return meta_.size(); }

 private:
  Pack(cedar::PolicySet policies, PathClasses paths, shell::CommandTable commands)
      : policies_(std::move(policies)), paths_(std::move(paths)), commands_(std::move(commands)) {}

  cedar::PolicySet policies_;
  PathClasses paths_;
  shell::CommandTable commands_;
  std::map<std::string, PolicyMeta, std::less<>> meta_;
  std::string policy_digest_;
  std::string content_digest_;
};

}  // namespace weir::guard
