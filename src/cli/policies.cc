#include "cli/policies.h"

#include "daemon/pack_loader.h"
#include "daemon/pattern_files.h"

namespace weir::cli {

Result<std::shared_ptr<const guard::Pack>> load_policies(const Args& args, const Context& context,
                                                         bool detectors, bool flow) {
  auto options = daemon::installed_packs(context.places.config);
  if (const auto dir = args.value("--policy")) {
    if (args.has("--profile"))
      return fail("--profile is about the shipped policies, --policy DIR takes their place", "--profile",
                  "leave one of them out");
    options = {.user_dir = "", .policies_dir = *dir};
  }
  options.profile = args.value_or("--profile", "");
  options.detectors = detectors;
  options.flow = flow;
  options.patterns_dir = daemon::patterns_dir(context.places.state);
  return daemon::load_pack(options);
}

Option profile_option() {
  return {"--profile",
          "NAME",
          "the shipped policies as relaxed, standard or strict instead of the profile in force",
          false,
          false,
          {"relaxed", "standard", "strict"}};
}

}  // namespace weir::cli
