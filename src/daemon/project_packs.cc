#include "daemon/project_packs.h"

#include <utility>

#include "daemon/pack_loader.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kWorkspacesMax = 256;  // beyond that all are forgotten and made again

}  // namespace

Result<ProjectPacks::Use> ProjectPacks::of(const std::shared_ptr<const guard::Pack>& above,
                                           const std::string& workspace) {
  if (workspace.empty()) return Use{above, false};
  {
    const std::lock_guard lock(mutex_);
    if (above_ != above || packs_.size() >= kWorkspacesMax) packs_.clear();
    above_ = above;
    if (const auto it = packs_.find(workspace); it != packs_.end()) return Use{it->second, false};
  }
  // Without the lock: a proof may take seconds, and other workspaces need not wait for it.
  auto pack = load_project(above, workspace, proofs_dir_);
  if (!pack)
    return fail(pack.error().code,
                "the project's own policies cannot be used, so nothing runs here: " + pack.error().what,
                pack.error().where, pack.error().hint);
  const std::lock_guard lock(mutex_);
  if (above_ == above) packs_[workspace] = *pack;
  return Use{*pack, *pack != above};
}

}  // namespace weir::daemon
