#include "os/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace weir::os {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error errno_error(std::string what, std::string where, int error_number) {
  ErrorCode code = ErrorCode::internal;
  std::string hint;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::not_found;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::denied;
      hint = "check owner, permissions and whether the file system is writable";
      break;
    case EISDIR:
      code = ErrorCode::invalid;
      hint = "name a file, not a directory";
      break;
    case EEXIST:
      code = ErrorCode::exists;
      break;
    case ENOSPC:
    case EDQUOT:
      code = ErrorCode::unavailable;
      hint = "free disk space, then try again";
      break;
    case ECONNREFUSED:
    case EAGAIN:
      code = ErrorCode::unavailable;
      break;
    default:
      break;
  }
  return Error{code, std::move(what) + ": " + std::strerror(error_number), std::move(where), std::move(hint)};
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno_error("cannot open", path, errno));
  std::string bytes;
  char buffer[65536];
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(errno_error("cannot read", path, errno));
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
    if (bytes.size() > bytes_max)
      return fail(ErrorCode::limit, "the file is longer than " + std::to_string(bytes_max) + " bytes", path);
  }
}

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(errno_error("cannot write", {}, errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status sync_dir(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno_error("cannot open directory", path, errno));
  if (::fsync(fd.get()) != 0) return std::unexpected(errno_error("cannot flush directory", path, errno));
  return {};
}

Status write_file_atomic(const std::string& path, std::string_view bytes, std::optional<mode_t> mode,
                         Durability durability) {
  static std::atomic<unsigned> counter{0};
  std::string target = path;
  if (const auto info = file_info(path); info && info->kind == FileInfo::Kind::link)
    target = resolve_path(path);
  const auto old = file_info(target);
  const mode_t permissions = mode ? *mode : old ? static_cast<mode_t>(old->mode) : 0644;
  const std::string temporary =
      target + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter++);
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(errno_error("cannot create", temporary, errno));
  Status status = write_all(fd.get(), bytes);
  if (status && ::fchmod(fd.get(), permissions) != 0)
    status = std::unexpected(errno_error("cannot set the mode", temporary, errno));
  if (status && durability == Durability::fsync && ::fsync(fd.get()) != 0)
    status = std::unexpected(errno_error("cannot flush", temporary, errno));
  fd.reset();
  if (status && ::rename(temporary.c_str(), target.c_str()) != 0)
    status = std::unexpected(errno_error("cannot replace", target, errno));
  if (!status) {
    ::unlink(temporary.c_str());
    if (status.error().where.empty()) status.error().where = target;
    return status;
  }
  if (durability == Durability::none) return {};
  const auto slash = target.rfind('/');
  return sync_dir(slash == std::string::npos ? "." : slash == 0 ? "/" : target.substr(0, slash));
}

Status make_dirs(const std::string& path, mode_t mode) {
  for (std::size_t at = 1; at != std::string::npos && at <= path.size();) {
    const auto slash = path.find('/', at);
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      // A read-only parent answers EROFS or EACCES even for a directory that exists.
      const int error_number = errno;
      struct stat info;
      if (::stat(part.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
        return std::unexpected(errno_error("cannot create directory", part, error_number));
    }
    at = slash == std::string::npos ? slash : slash + 1;
  }
  struct stat info;
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return fail(ErrorCode::exists, "not a directory", path);
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return std::unexpected(errno_error("cannot remove", path, errno));
  return {};
}

std::optional<FileInfo> file_info(const std::string& path) {
  struct stat raw;
  if (::lstat(path.c_str(), &raw) != 0) return std::nullopt;
  FileInfo info;
  if (S_ISREG(raw.st_mode)) info.kind = FileInfo::Kind::file;
  if (S_ISDIR(raw.st_mode)) info.kind = FileInfo::Kind::dir;
  if (S_ISLNK(raw.st_mode)) info.kind = FileInfo::Kind::link;
  if (S_ISSOCK(raw.st_mode)) info.kind = FileInfo::Kind::socket;
  info.size = static_cast<std::uint64_t>(raw.st_size);
  info.inode = raw.st_ino;
  info.device = raw.st_dev;
  info.mode = raw.st_mode & 07777;
  info.uid = raw.st_uid;
  info.mtime_ns = raw.st_mtim.tv_sec * std::int64_t{1'000'000'000} + raw.st_mtim.tv_nsec;
  return info;
}

bool exists(const std::string& path) {
  return file_info(path).has_value();
}

std::vector<std::string> list_dir(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
  if (!dir) return names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> find_files(const std::string& path, std::string_view suffix, std::size_t count_max) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  auto it = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && it != fs::recursive_directory_iterator() && found.size() < count_max;
       it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().string();
    if (name.ends_with(suffix) && it->symlink_status(ignored).type() == fs::file_type::regular)
      found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string resolve_path(const std::string& path) {
  std::error_code error;
  const auto resolved = std::filesystem::weakly_canonical(path, error);
  if (error) return std::filesystem::path(path).lexically_normal().string();
  std::string text = resolved.string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

Result<Fd> lock_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(errno_error("cannot open the lock file", path, errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(ErrorCode::unavailable, "another process holds the lock", path);
    return std::unexpected(errno_error("cannot lock", path, errno));
  }
  return fd;
}

}  // namespace weir::os
