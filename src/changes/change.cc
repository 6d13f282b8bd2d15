#include "changes/change.h"

#include <fmt/format.h>

namespace weir::changes {
namespace {

constexpr std::uint32_t kExecutable = 0111;
constexpr std::uint32_t kOthersWrite = 0022;
constexpr std::uint32_t kPermissions = 0777;
constexpr std::uint32_t kOwnerAll = 0700;

}  // namespace

std::string_view name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      return "added";
    case ChangeKind::modified:
      return "modified";
    case ChangeKind::deleted:
      return "deleted";
    case ChangeKind::retyped:
      return "retyped";
    case ChangeKind::mode:
      return "mode";
  }
  return "modified";
}

char letter(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      return 'A';
    case ChangeKind::modified:
      return 'M';
    case ChangeKind::deleted:
      return 'D';
    case ChangeKind::retyped:
      return 'T';
    case ChangeKind::mode:
      return 'P';
  }
  return 'M';
}

std::string state_text(const Side& side) {
  switch (side.node.kind) {
    case NodeKind::none:
      return "none";
    case NodeKind::file:
      return fmt::format("file:{:o}:{}", side.node.mode & kPermissions, side.content);
    case NodeKind::directory:
      return fmt::format("directory:{:o}", side.node.mode & kPermissions);
    case NodeKind::symlink:
      return "symlink:" + side.content;
    case NodeKind::whiteout:
      return "deleted";
    case NodeKind::other:
      return "other";
  }
  return "other";
}

std::uint32_t committed_mode(const Node& host, const Node& pod) {
  const std::uint32_t had = host.kind == pod.kind ? host.mode & kPermissions : 0;
  const std::uint32_t wants = pod.mode & kPermissions;
  const std::uint32_t mode = (wants & ~kOthersWrite) | (wants & had);
  return pod.kind == NodeKind::directory ? mode | kOwnerAll : mode;
}

bool becomes_executable(const Change& change) {
  if (change.pod.node.kind != NodeKind::file || (change.mode & kExecutable) == 0) return false;
  return change.host.node.kind != NodeKind::file || (change.host.node.mode & kExecutable) == 0;
}

}  // namespace weir::changes
