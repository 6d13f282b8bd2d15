#include "pod/direct_git.h"

#include "base/bytes.h"
#include "os/files.h"
#include "pod/git_history.h"

namespace weir::pod {
namespace {

std::optional<HeldReason> reason_of(const Change& change, const HeldCatalogue& catalogue) {
  const auto nothing = [](const std::string&) { return false; };
  Change plain = change;
  plain.mode &= 0666U;  // every build makes executable files
  const auto reasons = catalogue.reasons({.change = plain,
                                          .path = change.path,
                                          .link_outside = false,
                                          .git_replaced = false,
                                          .git_carries = false,
                                          .on_host = nothing,
                                          .in_pod = nothing});
  return reasons.empty() ? std::nullopt : std::optional(reasons.front());
}

}  // namespace

Result<std::optional<GitState>> GitState::of(const std::string& workspace) {
  const auto info = os::file_info(workspace + "/.git");
  if (!info || info->kind != os::FileInfo::Kind::dir) return std::optional<GitState>();
  GitState state{.workspace = workspace, .tips = {}, .staged = {}};
  TRY(state.tips, tips_of(workspace));
  TRY(const auto staged, staged_in(workspace));
  for (const auto& one : staged)
    state.staged.insert(one.path);
  return std::optional(std::move(state));
}

Result<std::vector<Held>> carried_since(const GitState& before, const HeldCatalogue& catalogue) {
  TRY(auto changes, committed_since(before.workspace, before.tips));
  TRY(const auto staged, staged_in(before.workspace));
  for (const auto& one : staged)
    if (!before.staged.contains(one.path)) changes.push_back(one);
  std::vector<Held> held;
  std::set<std::string> seen;
  for (const auto& change : changes) {
    if (held.size() >= kDirectRefusedMax || !seen.insert(change.path).second) continue;
    if (auto reason = reason_of(change, catalogue)) held.push_back({change.path, *std::move(reason)});
  }
  return held;
}

}  // namespace weir::pod
