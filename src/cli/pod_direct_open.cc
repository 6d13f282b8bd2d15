// The catalogue and what of it may be changed. Apart from the telling, for the program that starts other
// pods.
#include "cli/pod_choice.h"
#include "cli/pod_direct.h"

namespace weir::cli {

Result<std::shared_ptr<const PodDirect>> PodDirect::open(const Args& args, const std::string& workspace) {
  if (!args.has("--direct")) {
    if (args.has("--held")) return fail("--held goes with --direct", "--held", "add --direct");
    return nullptr;
  }
  if (args.has("--from"))
    return fail("a direct pod begins with the workspace as it is", "--from", "leave out --direct, or --from");
  auto made = std::make_shared<PodDirect>();
  TRY(made->catalogue_, held_catalogue());
  changes::Pod here;
  here.workspace = workspace;
  TRY(made->changeable_, paths_in(here, args.values("--held")));
  made->git_ = pod::GitState::of(workspace);
  return made;
}

}  // namespace weir::cli
