#include "os/file_view.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace weir::os {
namespace {

constexpr std::size_t kLinkBytesMax = 8192;  // above PATH_MAX, with the kernel's " (deleted)"

FileInfo info_of(const struct stat& status) {
  FileInfo info;
  info.kind = S_ISREG(status.st_mode)    ? FileInfo::Kind::file
              : S_ISDIR(status.st_mode)  ? FileInfo::Kind::dir
              : S_ISLNK(status.st_mode)  ? FileInfo::Kind::link
              : S_ISSOCK(status.st_mode) ? FileInfo::Kind::socket
                                         : FileInfo::Kind::other;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.inode = status.st_ino;
  info.device = status.st_dev;
  info.mode = status.st_mode & 07777;
  info.uid = status.st_uid;
  info.mtime_ns = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
  return info;
}

// Where in its mount namespace an open file is: d_path of another namespace is told from that one's root.
std::string place_of(int fd) {
  std::string text(kLinkBytesMax, '\0');
  const ssize_t n = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text.data(), text.size());
  struct stat status;
  if (n <= 0 || text[0] != '/' || ::fstat(fd, &status) != 0 || status.st_nlink == 0) return {};
  text.resize(static_cast<std::size_t>(n));
  return text;
}

std::string lexical(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/'))
    text.pop_back();
  return text;
}

}  // namespace

Result<FileView> FileView::of_process(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/root";
  auto root = std::make_shared<Fd>(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!*root) return std::unexpected(errno_error("cannot see what the process sees", path, errno));
  FileView view;
  view.root_ = std::move(root);
  return view;
}

Fd FileView::open(const std::string& path, int flags) const {
  if (!root_) return Fd(::open(path.c_str(), flags | O_CLOEXEC));
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root_->get(), path.c_str(), &how, sizeof how)));
}

// The longest beginning that is there, by the kernel's own walk, and the rest as it is written.
std::string FileView::resolve(const std::string& path) const {
  if (!root_) return resolve_path(path);
  std::string head = path;
  std::string rest;
  while (head.size() > 1) {
    if (const Fd fd = open(head, O_PATH)) {
      const std::string place = place_of(fd.get());
      if (!place.empty()) return lexical(place + rest);
    }
    while (head.size() > 1 && head.ends_with('/'))
      head.pop_back();
    const auto slash = head.rfind('/');
    if (slash == std::string::npos) break;
    rest.insert(0, head.substr(slash));
    head.resize(slash);
  }
  return lexical(rest.empty() ? path : rest);
}

std::optional<FileInfo> FileView::info(const std::string& path) const {
  if (!root_) return file_info(path);
  const Fd fd = open(path, O_PATH | O_NOFOLLOW);
  struct stat status;
  if (!fd || ::fstat(fd.get(), &status) != 0) return std::nullopt;
  return info_of(status);
}

Result<std::string> FileView::read_regular(const std::string& path, std::size_t bytes_max) const {
  const Fd fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return std::unexpected(errno_error("cannot open", path, errno));
  struct stat status;
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return fail("not a regular file", path);
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max)
    return fail(ErrorCode::limit, "the file is larger than " + std::to_string(bytes_max) + " bytes", path);
  return read_file("/proc/self/fd/" + std::to_string(fd.get()), bytes_max);
}

std::optional<std::uint64_t> FileView::size_of_regular(const std::string& path) const {
  const Fd fd = open(path, O_PATH);
  struct stat status;
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace weir::os
