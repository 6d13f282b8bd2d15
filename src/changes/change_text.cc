#include "changes/change_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/bytes.h"
#include "changes/content_digest.h"

namespace weir::changes {
namespace {

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

Result<std::string> read_whole(int root, const std::string& path, const Side& side) {
  const auto changed = [&] {
    return fail(ErrorCode::unavailable, "it changed while it was shown", printable(path, 400),
                "run `weir diff` again");
  };
  TRY(const os::Fd fd, open_beneath(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  TRY(const Node node, node_of(fd.get()));
  if (node.kind != NodeKind::file || node.size != side.node.size) return changed();
  std::string text(side.node.size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::pread(fd.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(os::errno_error("cannot read", printable(path, 400), errno));
    if (n == 0) return changed();
    done += static_cast<std::size_t>(n);
  }
  if (content_digest(text) != side.content) return changed();
  return text;
}

bool has_text(const Side& side) {
  return side.node.kind == NodeKind::file || side.node.kind == NodeKind::symlink;
}

Result<std::string> text_of(int root, const std::string& path, const Side& side) {
  if (side.node.kind == NodeKind::symlink) return side.target;
  if (side.node.kind != NodeKind::file) return std::string();
  return read_whole(root, path, side);
}

PatchSide patch_side(const Side& side, std::uint32_t mode, const std::string& text) {
  if (!has_text(side)) return {};
  return {.kind = side.node.kind, .mode = mode, .text = text};
}

void append(Patch& to, const Patch& from) {
  to.text += from.text;
  to.added += from.added;
  to.removed += from.removed;
  to.binary = to.binary || from.binary;
  to.escaped = to.escaped || from.escaped;
}

}  // namespace

std::string size_text(const Node& node) {
  std::string size = bytes_text(node.size);
  if (node.disk_bytes >= node.size || node.size < kShownBytesMax) return size;
  return size + ", " + bytes_text(node.disk_bytes) + " on disk";
}

Result<ChangeText> change_text(const OpenPod& open, const Change& change, PatchBytes bytes) {
  ChangeText out;
  if (!change.problem.empty()) return out;
  for (const Side* side : {&change.host, &change.pod})
    if (side->node.kind == NodeKind::file && side->node.size > kShownBytesMax) {
      out.note = "too large to show: " + size_text(side->node);
      return out;
    }
  TRY(const std::string before, text_of(open.host.get(), change.path, change.host));
  TRY(const std::string after, text_of(open.upper.get(), change.path, change.pod));
  const PatchSide old_side = patch_side(change.host, change.host.node.mode, before);
  const PatchSide new_side = patch_side(change.pod, change.mode, after);
  if (change.kind != ChangeKind::retyped) {
    out.patch = git_patch(change.path, old_side, new_side, bytes);
    return out;
  }
  append(out.patch, git_patch(change.path, old_side, {}, bytes));
  append(out.patch, git_patch(change.path, {}, new_side, bytes));
  return out;
}

}  // namespace weir::changes
