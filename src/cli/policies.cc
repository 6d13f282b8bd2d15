#include "cli/policies.h"

#include "daemon/pack_loader.h"

namespace weir::cli {

Result<std::shared_ptr<const guard::Pack>> load_policies(const Args& args, const Context& context) {
  if (const auto dir = args.value("--policy"))
    return daemon::load_pack({.user_dir = "", .policies_dir = *dir});
  return daemon::load_pack(daemon::installed_packs(context.places.config));
}

}  // namespace weir::cli
