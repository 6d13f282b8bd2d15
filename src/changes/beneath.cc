#include "changes/beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include "os/files.h"

namespace weir::changes {
namespace {

constexpr std::uint64_t kNoLinks = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
constexpr int kTriesMax = 100;                  // a rename that races with the lookup makes it EAGAIN
constexpr std::uint64_t kDiskBlockBytes = 512;  // unit of st_blocks (stat(2))

Result<os::Fd> open_resolved(int dir, const std::string& path, int flags, std::uint64_t resolve) {
  struct open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = resolve;
  long fd = -1;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    fd = ::syscall(SYS_openat2, dir, path.empty() ? "." : path.c_str(), &how, sizeof how);
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) break;
  }
  if (fd >= 0) return os::Fd(static_cast<int>(fd));
  const int why = errno;
  if (why == ELOOP)
    return fail(ErrorCode::denied, "a symbolic link is in the way", path, "links are never followed here");
  if (why == EXDEV) return fail(ErrorCode::denied, "it leads out of its root or onto another mount", path);
  if (why == ENOSYS)
    return fail(ErrorCode::unavailable, "this kernel has no openat2(2)", path,
                "Linux 5.6 or later is needed");
  return std::unexpected(os::errno_error("cannot open", path, why));
}

std::int64_t nanoseconds(const struct timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

Node node_from(const struct stat& raw) {
  Node node;
  if (S_ISREG(raw.st_mode))
    node.kind = NodeKind::file;
  else if (S_ISDIR(raw.st_mode))
    node.kind = NodeKind::directory;
  else if (S_ISLNK(raw.st_mode))
    node.kind = NodeKind::symlink;
  else if (S_ISCHR(raw.st_mode) && raw.st_rdev == makedev(0, 0))
    node.kind = NodeKind::whiteout;
  else
    node.kind = NodeKind::other;
  node.mode = raw.st_mode & 07777;
  node.size = static_cast<std::uint64_t>(raw.st_size);
  node.disk_bytes = static_cast<std::uint64_t>(raw.st_blocks) * kDiskBlockBytes;
  node.device = raw.st_dev;
  node.inode = raw.st_ino;
  node.links = raw.st_nlink;
  node.uid = raw.st_uid;
  node.gid = raw.st_gid;
  node.mtime_ns = nanoseconds(raw.st_mtim);
  node.ctime_ns = nanoseconds(raw.st_ctim);
  return node;
}

}  // namespace

std::string_view name(NodeKind kind) {
  switch (kind) {
    case NodeKind::none:
      return "none";
    case NodeKind::file:
      return "file";
    case NodeKind::directory:
      return "directory";
    case NodeKind::symlink:
      return "symlink";
    case NodeKind::whiteout:
      return "whiteout";
    case NodeKind::other:
      return "other";
  }
  return "other";
}

Result<os::Fd> open_root(const std::string& path) {
  return open_resolved(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, kNoLinks);
}

Result<os::Fd> open_beneath(int root, const std::string& path, int flags) {
  return open_resolved(root, path, flags, kNoLinks | RESOLVE_BENEATH | RESOLVE_NO_XDEV);
}

Result<os::Fd> open_dir_beneath(int root, const std::string& path) {
  return open_beneath(root, path, O_RDONLY | O_DIRECTORY);
}

Result<Node> node_at(int dir, const std::string& name) {
  struct stat raw;
  if (::fstatat(dir, name.c_str(), &raw, AT_SYMLINK_NOFOLLOW) == 0) return node_from(raw);
  if (errno == ENOENT || errno == ENOTDIR) return Node{};
  return std::unexpected(os::errno_error("cannot look at", name, errno));
}

Result<Node> node_of(int fd) {
  struct stat raw;
  if (::fstat(fd, &raw) != 0) return std::unexpected(os::errno_error("cannot look at a file", {}, errno));
  return node_from(raw);
}

Result<Node> node_beneath(int root, const std::string& path) {
  auto parent = open_beneath(root, parent_of(path), O_PATH | O_DIRECTORY);
  if (!parent && (parent.error().code == ErrorCode::not_found || parent.error().code == ErrorCode::denied))
    return Node{};
  if (!parent) return std::unexpected(parent.error());
  return node_at(parent->get(), leaf_of(path));
}

Result<std::string> read_beneath(int root, const std::string& path, std::size_t bytes_max) {
  TRY(const os::Fd fd, open_beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  TRY(const Node node, node_of(fd.get()));
  if (node.kind != NodeKind::file) return fail(ErrorCode::not_found, "no file", path);
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(std::string("cannot be read: ") + std::strerror(errno), path);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > bytes_max) return fail(ErrorCode::limit, "larger than may be read", path);
  }
}

Result<std::vector<std::string>> names_in(int dir, std::size_t count_max) {
  // A descriptor of its own: reading moves the position of `dir` for everybody who shares it.
  os::Fd own(::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return std::unexpected(os::errno_error("cannot read a directory", {}, errno));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own.get()), ::closedir);
  if (!stream) return std::unexpected(os::errno_error("cannot read a directory", {}, errno));
  (void)own.release();  // the stream closes it
  std::vector<std::string> names;
  while (names.size() < count_max) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0)
      return std::unexpected(os::errno_error("cannot read a directory", {}, errno));
    if (entry == nullptr) break;
    const std::string_view one = entry->d_name;
    if (one != "." && one != "..") names.emplace_back(one);
  }
  return names;
}

Result<std::string> link_target(int dir, const std::string& name) {
  char target[PATH_MAX];
  const ssize_t n = ::readlinkat(dir, name.c_str(), target, sizeof target);
  if (n < 0) return std::unexpected(os::errno_error("cannot read the link", name, errno));
  return std::string(target, static_cast<std::size_t>(n));
}

std::optional<std::string> attribute(int fd, const char* name) {
  char value[256];
  const ssize_t n = ::fgetxattr(fd, name, value, sizeof value);
  if (n >= 0) return std::string(value, static_cast<std::size_t>(n));
  if (errno == ERANGE) return std::string();  // it is there, and longer than anything we ask for
  return std::nullopt;
}

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::string leaf_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string joined(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : std::string(directory) + "/" + std::string(name);
}

}  // namespace weir::changes
