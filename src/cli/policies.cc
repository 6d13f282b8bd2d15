#include "cli/policies.h"

#include "daemon/pack_loader.h"
#include "daemon/pattern_files.h"

namespace weir::cli {

Result<std::shared_ptr<const guard::Pack>> load_policies(const Args& args, const Context& context,
                                                         bool detectors, bool flow) {
  auto options = daemon::installed_packs(context.places.config);
  if (const auto dir = args.value("--policy")) options = {.user_dir = "", .policies_dir = *dir};
  options.detectors = detectors;
  options.flow = flow;
  options.patterns_dir = daemon::patterns_dir(context.places.state);
  return daemon::load_pack(options);
}

}  // namespace weir::cli
