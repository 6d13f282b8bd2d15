#include "daemon/project_packs.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/pack_loader.h"
#include "os/clock.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kWorkspacesMax = 256;    // beyond that all are forgotten and made again
constexpr std::int64_t kSlowNs = 200'000'000;  // refusals that took less are found again at every call

// Of every name and text, each with its length, so that no two sets of files look alike.
Digest texts_digest(const guard::LayerSource& layer) {
  std::string all;
  for (const auto* files : {&layer.policies, &layer.waivers})
    for (const auto& file : *files)
      all += fmt::format("{}:{}{}:{}", file.name.size(), file.name, file.text.size(), file.text);
  return sha256(all);
}

}  // namespace

// Without the lock: a proof may take seconds, and other workspaces need not wait for it.
Result<std::shared_ptr<const guard::Pack>> ProjectPacks::load(const std::shared_ptr<const guard::Pack>& above,
                                                              const std::string& workspace) {
  TRY(const guard::LayerSource project, read_project(workspace));
  const Digest texts = texts_digest(project);
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = refused_.find(workspace); it != refused_.end() && it->second.texts == texts)
      return std::unexpected(it->second.error);
  }
  const std::int64_t started_ns = os::monotonic_ns();
  auto pack = add_project(above, project, proofs_dir_);
  const bool slow = os::monotonic_ns() - started_ns >= kSlowNs;
  const std::lock_guard lock(mutex_);
  if (above_ != above) return pack;
  if (refused_.size() >= kWorkspacesMax) refused_.clear();
  refused_.erase(workspace);
  if (!pack && slow) refused_.emplace(workspace, Refused{texts, pack.error()});
  return pack;
}

Result<ProjectPacks::Use> ProjectPacks::of(const std::shared_ptr<const guard::Pack>& above,
                                           const std::string& workspace) {
  if (workspace.empty()) return Use{above, false};
  {
    const std::lock_guard lock(mutex_);
    if (above_ != above || packs_.size() >= kWorkspacesMax) packs_.clear();
    if (above_ != above) refused_.clear();
    above_ = above;
    if (const auto it = packs_.find(workspace); it != packs_.end()) return Use{it->second, false};
  }
  auto pack = load(above, workspace);
  if (!pack)
    return fail(pack.error().code,
                "the project's own policies cannot be used, so nothing runs here: " + pack.error().what,
                pack.error().where, pack.error().hint);
  const std::lock_guard lock(mutex_);
  if (above_ == above) packs_[workspace] = *pack;
  return Use{*pack, *pack != above};
}

}  // namespace weir::daemon
