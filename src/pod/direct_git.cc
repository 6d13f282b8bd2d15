#include "pod/direct_git.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <set>

#include "changes/git_history.h"
#include "os/fd.h"
#include "os/files.h"

namespace weir::pod {
namespace {

constexpr std::size_t kIndexBytesMax = std::size_t{256} << 20;

std::optional<changes::HeldReason> reason_of(const changes::Change& change,
                                             const changes::HeldCatalogue& catalogue) {
  const auto nothing = [](const std::string&) { return false; };
  changes::Change plain = change;
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

// "" where there is none.
Result<std::string> index_of(const std::string& workspace) {
  const std::string file = workspace + "/.git/index";
  if (!os::exists(file)) return std::string();
  return os::read_file(file, kIndexBytesMax);
}

// What the index has other than HEAD, but for what it had so before.
Result<std::vector<changes::Change>> staged_since(const GitState& before) {
  TRY(auto staged, changes::staged_in(before.workspace));
  if (before.index.empty()) return staged;
  const os::Fd copy(::memfd_create("index", MFD_CLOEXEC));
  if (!copy) return std::unexpected(os::errno_error("no memory for a copy of git's index", "memfd", errno));
  TRY_STATUS(os::write_all(copy.get(), before.index));
  const std::string place = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(copy.get());
  TRY(const auto had, changes::staged_in(before.workspace, place));
  std::set<std::string> known;
  for (const auto& one : had)
    known.insert(one.path);
  std::erase_if(staged, [&](const changes::Change& one) { return known.contains(one.path); });
  return staged;
}

}  // namespace

Result<std::optional<GitState>> GitState::of(const std::string& workspace) {
  const auto info = os::file_info(workspace + "/.git");
  if (!info || info->kind != os::FileInfo::Kind::dir) return std::optional<GitState>();
  GitState state{.workspace = workspace, .tips = {}, .index = {}};
  TRY(state.tips, changes::tips_of(workspace));
  TRY(state.index, index_of(workspace));
  return std::optional(std::move(state));
}

Result<std::vector<Held>> carried_since(const GitState& before, const changes::HeldCatalogue& catalogue) {
  TRY(auto changes, changes::committed_since(before.workspace, before.tips));
  TRY(const std::string index, index_of(before.workspace));
  if (index != before.index) {
    TRY(auto staged, staged_since(before));
    std::move(staged.begin(), staged.end(), std::back_inserter(changes));
  }
  std::vector<Held> held;
  std::set<std::string> seen;
  for (const auto& change : changes) {
    if (held.size() >= kDirectRefusedMax || !seen.insert(change.path).second) continue;
    if (auto reason = reason_of(change, catalogue)) held.push_back({change.path, *std::move(reason)});
  }
  return held;
}

}  // namespace weir::pod
