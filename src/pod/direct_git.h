// What the commits and the index of a direct workspace's repository bring that is held: written by the pod's
// programs like any other of git's data, and brought to the host's files by the next checkout, stash or push.
// Told at the end of a run, not refused.
//
//   const auto before = GitState::of(workspace);              // none without a repository at its top
//   … the pod runs …
//   for (const auto& held : carried_since(*before, catalogue)) … held.path, held.reason.runs
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pod/direct_report.h"

namespace weir::pod {

struct GitState {
  std::string workspace;
  std::vector<std::string> tips;  // what references lead to
  std::string index;              // the file; comparing it with HEAD is for the end, when it has changed

  // None without a directory `.git`. Error when git cannot tell.
  static Result<std::optional<GitState>> of(const std::string& workspace);
};

// At most kDirectRefusedMax files, each once. Error when git cannot tell: no git, replaced objects, time.
Result<std::vector<Held>> carried_since(const GitState& before, const changes::HeldCatalogue& catalogue);

}  // namespace weir::pod
