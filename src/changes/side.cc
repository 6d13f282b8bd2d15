#include "changes/side.h"

#include <fcntl.h>

#include "base/hash.h"
#include "changes/content_digest.h"

namespace weir::changes {
namespace {

// "file:644:ab12…" → "file:ab12…", "directory:755" → "directory".
std::string without_mode(const std::string& state) {
  const auto first = state.find(':');
  if (state.starts_with("directory:")) return state.substr(0, first);
  if (!state.starts_with("file:")) return state;
  return state.substr(0, first) + state.substr(state.find(':', first + 1));
}

}  // namespace

Status read_side(int dir, const std::string& name, Side& side) {
  if (side.node.kind == NodeKind::symlink) {
    TRY(side.target, link_target(dir, name));
    side.content = to_hex(sha256(side.target));
  }
  if (side.node.kind != NodeKind::file) return {};
  TRY(const os::Fd fd, open_beneath(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  TRY(const Node now, node_of(fd.get()));
  if (now.kind != NodeKind::file || now.inode != side.node.inode)
    return fail(ErrorCode::unavailable, "it changed while it was looked at", name, "try again");
  side.node = now;
  TRY(side.content, content_digest(fd.get(), now.size));
  return {};
}

Result<bool> holds(int dir, const std::string& name, const std::string& state) {
  Side now;
  TRY(now.node, node_at(dir, name));
  TRY_STATUS(read_side(dir, name, now));
  // "deleted" is how the pod's side says that there is nothing.
  if (now.node.kind == NodeKind::none) return state == "none" || state == "deleted";
  return without_mode(state_text(now)) == without_mode(state);
}

}  // namespace weir::changes
