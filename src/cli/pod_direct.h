// A pod that writes the workspace itself (--direct), and which held files it may change there (--held): what
// `weir pod exec`, `weir pod shell` and `weir run --pod` share (docs/pod.md, Direct).
//
//   TRY(const auto direct, find.direct(args, request.workspace));
//   request.direct = direct != nullptr;
//   …
//   if (direct) options.direct = direct->rules();
//   auto done = pod::launch_pod(ready.plan, options);
//   if (direct) direct->tell(done->direct, context);
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/cli.h"
#include "pod/direct_git.h"
#include "pod/direct_report.h"

namespace weir::cli {

class PodDirect {
 public:
  // Null without --direct. Errors: --held without it or outside the workspace, --from with it.
  static Result<std::shared_ptr<const PodDirect>> open(const Args& args, const std::string& workspace);

  pod::DirectRules rules() const { return {&catalogue_, changeable_}; }  // of this object
  // Lines for the person: what was refused, and by what it would have been run. None with --json.
  std::vector<std::string> lines(const pod::DirectReport& report) const;
  Json to_json(const pod::DirectReport& report) const;

 private:
  // What commits and the index bring since the start; an Error when git cannot tell.
  Result<std::vector<pod::Held>> carried(const pod::DirectReport& report) const;

  changes::HeldCatalogue catalogue_;
  std::vector<std::string> changeable_;
  Result<std::optional<pod::GitState>> git_ = std::optional<pod::GitState>();
};

std::vector<Option> direct_options();

}  // namespace weir::cli
