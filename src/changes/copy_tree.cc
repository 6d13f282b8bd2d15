#include "changes/copy_tree.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "changes/beneath.h"
#include "os/files.h"

namespace weir::changes {
namespace {

constexpr std::size_t kShownMax = 200;               // bytes of a foreign path in an error
constexpr std::size_t kAttributeBytesMax = 1 << 16;  // the kernel's own: XATTR_LIST_MAX, XATTR_SIZE_MAX

std::unexpected<Error> cannot(const char* what, const std::string& path) {
  const int why = errno;
  return std::unexpected(os::errno_error(what, printable(path, kShownMax), why));
}

timespec time_of(std::int64_t ns) {
  return {ns / 1'000'000'000, ns % 1'000'000'000};
}

Status copy_attributes(int from, int to, const std::string& path) {
  std::string names(kAttributeBytesMax, '\0');
  const ssize_t n = ::flistxattr(from, names.data(), names.size());
  if (n < 0) return errno == ENOTSUP ? Status() : cannot("cannot read the attributes of", path);
  std::string value(kAttributeBytesMax, '\0');
  for (const auto name : split({names.data(), static_cast<std::size_t>(n)}, '\0')) {
    if (!name.starts_with("user.")) continue;
    const std::string one(name);
    const ssize_t size = ::fgetxattr(from, one.c_str(), value.data(), value.size());
    if (size < 0 || ::fsetxattr(to, one.c_str(), value.data(), static_cast<std::size_t>(size), 0) != 0)
      return cannot("cannot copy an attribute of", path);
  }
  return {};
}

// Between file systems of two kinds the kernel copies nothing itself.
ssize_t copy_by_hand(int from, int to, off_t& at, std::size_t bytes) {
  char buffer[1 << 16];
  const ssize_t n = ::pread(from, buffer, std::min(bytes, sizeof buffer), at);
  if (n <= 0) return n;
  const ssize_t written = ::pwrite(to, buffer, static_cast<std::size_t>(n), at);
  if (written > 0) at += written;
  return written;
}

// The bytes from `at` to `end`, within the kernel where it can.
Status copy_range(int from, int to, off_t at, off_t end, const std::string& path) {
  bool by_hand = false;
  while (at < end) {
    off_t out = at;
    const auto left = static_cast<std::size_t>(end - at);
    const ssize_t n =
        by_hand ? copy_by_hand(from, to, at, left) : ::copy_file_range(from, &at, to, &out, left, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && !by_hand && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS)) {
      by_hand = true;
      continue;
    }
    if (n < 0) return cannot("cannot copy", path);
    if (n == 0) break;
  }
  return {};
}

// Holes stay holes.
Status copy_bytes(int from, int to, const Node& node, const std::string& path) {
  if (::ioctl(to, FICLONE, from) == 0) return {};
  const auto size = static_cast<off_t>(node.size);
  if (::ftruncate(to, size) != 0) return cannot("cannot copy", path);
  for (off_t at = 0; at < size;) {
    const off_t data = ::lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // a hole to the end
    const off_t hole = data < 0 ? -1 : ::lseek(from, data, SEEK_HOLE);
    if (hole < 0) return cannot("cannot copy", path);
    TRY_STATUS(copy_range(from, to, data, hole, path));
    at = hole;
  }
  return {};
}

class Copier {
 public:
  Copier(int from, int to, const CopyOptions& options)
      : from_(from), to_(to), limits_(options.limits), record_(options.record) {}

  Status run() {
    open_ = {""};
    while (!open_.empty()) {
      const std::string path = std::move(open_.back());
      open_.pop_back();
      TRY_STATUS(directory(path));
    }
    // Last, and the deepest first: what is made in a directory sets its time, and some take no more.
    for (auto one = made_.rbegin(); one != made_.rend(); ++one)
      TRY_STATUS(finish(one->first, one->second));
    return {};
  }

 private:
  Status directory(const std::string& path) {
    const auto opened = open_dir_beneath(from_, path);
    if (!opened && is_closed(path) && may_leave_out(path)) return {};
    if (!opened) return std::unexpected(opened.error());
    const os::Fd& from = *opened;
    TRY(const os::Fd to, open_dir_beneath(to_, path));
    TRY(const Node node, node_of(from.get()));
    if (record_ != nullptr) record_->directories.try_emplace(path);
    TRY_STATUS(copy_attributes(from.get(), to.get(), path));
    made_.emplace_back(path, node);
    TRY(const auto names, names_in(from.get(), limits_.entries_max + 1));
    for (const auto& name : names)
      TRY_STATUS(entry(from.get(), to.get(), name, joined(path, name)));
    return {};
  }

  Status entry(int from, int to, const std::string& name, const std::string& path) {
    if (++entries_ > limits_.entries_max)
      return fail(ErrorCode::limit, "more than " + std::to_string(limits_.entries_max) + " entries to copy",
                  printable(path, kShownMax));
    if (path.size() > limits_.path_bytes_max)
      return fail(ErrorCode::limit, "a path is too long to be copied", printable(path, kShownMax));
    TRY(const Node node, node_at(from, name));
    switch (node.kind) {
      case NodeKind::directory:
        if (::mkdirat(to, name.c_str(), 0700) != 0) return cannot("cannot copy", path);
        open_.push_back(path);
        return note(to, name, path);
      case NodeKind::file:
        TRY_STATUS(file(from, to, name, path));
        return note(to, name, path);
      case NodeKind::symlink:
        TRY_STATUS(symlink(from, to, name, path, node));
        return note(to, name, path);
      case NodeKind::whiteout:
        return whiteout(to, name, path, node);
      default:
        return {};  // sockets, pipes: of programs that have ended
    }
  }

  Status file(int from_dir, int to_dir, const std::string& name, const std::string& path) {
    const os::Fd from(::openat(from_dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!from && errno == EACCES && may_leave_out(path)) return {};
    if (!from) return cannot("cannot read a file to copy", path);
    TRY(const Node node, node_of(from.get()));
    if (node.kind != NodeKind::file)
      return fail(ErrorCode::unavailable, "it changed while it was copied", printable(path, kShownMax));
    if (node.links > 1) {
      const auto [known, fresh] = linked_.try_emplace({node.device, node.inode}, path);
      if (!fresh) return link(known->second, to_dir, name, path);
    }
    const os::Fd to(
        ::openat(to_dir, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!to) return cannot("cannot copy", path);
    TRY_STATUS(copy_bytes(from.get(), to.get(), node, path));
    TRY_STATUS(copy_attributes(from.get(), to.get(), path));
    const timespec times[2] = {time_of(node.mtime_ns), time_of(node.mtime_ns)};
    if (::fchmod(to.get(), node.mode) != 0 || ::futimens(to.get(), times) != 0)
      return cannot("cannot copy", path);
    return {};
  }

  Status link(const std::string& first, int to_dir, const std::string& name, const std::string& path) const {
    TRY(const os::Fd dir, open_dir_beneath(to_, parent_of(first)));
    if (::linkat(dir.get(), leaf_of(first).c_str(), to_dir, name.c_str(), 0) != 0)
      return cannot("cannot copy a second name", path);
    return {};
  }

  static Status symlink(int from, int to, const std::string& name, const std::string& path,
                        const Node& node) {
    TRY(const std::string target, link_target(from, name));
    const timespec times[2] = {time_of(node.mtime_ns), time_of(node.mtime_ns)};
    if (::symlinkat(target.c_str(), to, name.c_str()) != 0 ||
        ::utimensat(to, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
      return cannot("cannot copy a link", path);
    return {};
  }

  static Status whiteout(int to, const std::string& name, const std::string& path, const Node& node) {
    const timespec times[2] = {time_of(node.mtime_ns), time_of(node.mtime_ns)};
    if (::mknodat(to, name.c_str(), S_IFCHR, 0) != 0 ||
        ::utimensat(to, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
      return cannot("cannot copy", path);
    return {};
  }

  // By its permissions, and not because something is mounted there.
  bool is_closed(const std::string& path) const {
    const auto above = open_dir_beneath(from_, parent_of(path));
    return above && ::faccessat(above->get(), leaf_of(path).c_str(), R_OK | X_OK, AT_EACCESS) != 0;
  }

  bool may_leave_out(const std::string& path) {
    if (record_ == nullptr || path.empty()) return false;
    if (record_->left_out.size() < kLeftOutMax) record_->left_out.push_back(path);
    return true;
  }

  // What there is now under this name of the copy; nothing, when it was left out.
  Status note(int to, const std::string& name, const std::string& path) {
    if (record_ == nullptr) return {};
    TRY(const Node made, node_at(to, name));
    if (made.kind != NodeKind::none)
      record_->directories[parent_of(path)][name] = {.inode = made.inode, .kind = made.kind};
    return {};
  }

  Status finish(const std::string& path, const Node& node) const {
    TRY(const os::Fd dir, open_dir_beneath(to_, path));
    const timespec times[2] = {time_of(node.mtime_ns), time_of(node.mtime_ns)};
    if (::fchmod(dir.get(), node.mode) != 0 || ::futimens(dir.get(), times) != 0)
      return cannot("cannot copy", path);
    return {};
  }

  int from_;
  int to_;
  const ChangeLimits& limits_;
  CopyRecord* record_;
  std::size_t entries_ = 0;
  std::vector<std::string> open_;
  std::vector<std::pair<std::string, Node>> made_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> linked_;
};

}  // namespace

Status copy_entry(int from_root, const std::string& path, int to_dir, const CopiedEntry& as) {
  constexpr const char* kOrigin = "user.overlay.origin";
  TRY(const os::Fd dir, open_dir_beneath(from_root, parent_of(path)));
  const std::string name = leaf_of(path);
  TRY(const Node found, node_at(dir.get(), name));
  if (found.kind == NodeKind::symlink) {
    TRY(const std::string target, link_target(dir.get(), name));
    return ::symlinkat(target.c_str(), to_dir, name.c_str()) == 0 ? Status()
                                                                  : cannot("cannot copy a link", path);
  }
  const os::Fd from(::openat(dir.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!from) return cannot("cannot read a file of the pod", path);
  TRY(const Node node, node_of(from.get()));
  if (node.kind != NodeKind::file)
    return fail(ErrorCode::unavailable, "it changed while it was copied", printable(path, kShownMax));
  const os::Fd to(::openat(to_dir, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) return cannot("cannot copy", path);
  TRY_STATUS(copy_bytes(from.get(), to.get(), node, path));
  const auto origin = attribute(from.get(), kOrigin);
  if (origin && as.began_with_host)
    if (::fsetxattr(to.get(), kOrigin, origin->data(), origin->size(), 0) != 0)
      return cannot("cannot copy an attribute of", path);
  return ::fchmod(to.get(), as.mode & 07777) == 0 ? Status() : cannot("cannot copy", path);
}

Status copy_tree(int from_root, int to_root, const CopyOptions& options) {
  return Copier(from_root, to_root, options).run();
}

}  // namespace weir::changes
