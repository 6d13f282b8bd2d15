#include "setup/settings_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/limits.h"
#include "os/fd.h"
#include "os/files.h"
#include "os/random.h"

namespace weir::setup {
namespace {

std::string parent(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

bool below(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory.ends_with('/') ? directory : directory + "/");
}

Error changed(const std::string& path) {
  return {ErrorCode::unavailable, "the file changed while it was being edited; nothing was written", path,
          "run the command again"};
}

// A new file beside the target, complete and flushed; removed again unless it was moved into place.
class Draft {
 public:
  static Result<Draft> write(const std::string& target, std::string_view bytes, mode_t mode,
                             const std::optional<std::string>& owner_of) {
    Draft draft;
    draft.path_ = target + ".weir-" + to_hex(os::random_bytes<6>());
    const os::Fd fd(::open(draft.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd)
      return std::unexpected(os::errno_error("cannot create a file beside the settings", target, errno));
    TRY_STATUS(os::write_all(fd.get(), bytes));
    struct stat old;
    // As root, somebody else's file must stay theirs; otherwise this changes nothing.
    if (owner_of && ::stat(owner_of->c_str(), &old) == 0 && ::fchown(fd.get(), old.st_uid, old.st_gid) != 0 &&
        ::geteuid() == 0)
      return std::unexpected(os::errno_error("cannot keep the owner", target, errno));
    if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)
      return std::unexpected(os::errno_error("cannot finish the new file", target, errno));
    return draft;
  }
  Draft() = default;
  Draft(Draft&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Draft& operator=(Draft&&) = delete;
  ~Draft() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  void moved() { path_.clear(); }

 private:
  std::string path_;
};

bool holds(const std::string& path, const std::string& bytes) {
  const auto now = os::read_file(path, limits::kSettingsBytesMax);
  return now && sha256(*now) == sha256(bytes);
}

Status create(const SettingsFile& file, Draft& draft) {
  if (::renameat2(AT_FDCWD, draft.path().c_str(), AT_FDCWD, file.target.c_str(), RENAME_NOREPLACE) == 0) {
    draft.moved();
    return {};
  }
  if (errno == EEXIST) return std::unexpected(changed(file.path));
  // A file system without RENAME_NOREPLACE: a hard link has the same property.
  if (::link(draft.path().c_str(), file.target.c_str()) == 0) return {};
  if (errno == EEXIST) return std::unexpected(changed(file.path));
  return std::unexpected(os::errno_error("cannot create", file.target, errno));
}

Status exchange(const SettingsFile& file, Draft& draft) {
  if (!holds(file.target, *file.bytes)) return std::unexpected(changed(file.path));
  if (::renameat2(AT_FDCWD, draft.path().c_str(), AT_FDCWD, file.target.c_str(), RENAME_EXCHANGE) == 0) {
    if (holds(draft.path(), *file.bytes)) return {};  // the draft's name now has the old file: removed
    ::renameat2(AT_FDCWD, draft.path().c_str(), AT_FDCWD, file.target.c_str(), RENAME_EXCHANGE);
    return std::unexpected(changed(file.path));
  }
  if (errno != EINVAL && errno != ENOSYS)
    return std::unexpected(os::errno_error("cannot replace", file.target, errno));
  if (::rename(draft.path().c_str(), file.target.c_str()) != 0)
    return std::unexpected(os::errno_error("cannot replace", file.target, errno));
  draft.moved();
  return {};
}

}  // namespace

Result<SettingsFile> read_settings_file(const std::string& path, const std::string& inside) {
  SettingsFile file{.path = path, .target = path};
  struct stat info;
  const bool there = ::stat(path.c_str(), &info) == 0;
  const int error_number = errno;
  if (!there && error_number == ELOOP)
    return fail("the settings file is a symbolic link that leads in a circle", path, "remove the link");
  if (!there && error_number != ENOENT)
    return std::unexpected(os::errno_error("cannot look at the settings file", path, error_number));
  if (!there && os::exists(path))
    return fail("the settings file is a symbolic link that leads nowhere", path, "remove or mend the link");
  const std::unique_ptr<char, void (*)(void*)> real(
      ::realpath((there ? path : parent(path)).c_str(), nullptr), std::free);
  if (real != nullptr) file.target = there ? real.get() : real.get() + path.substr(path.rfind('/'));
  if (!inside.empty() && !below(file.target, os::resolve_path(inside)))
    return fail(ErrorCode::denied, "the settings file of the project is a link that leads out of it", path,
                "remove the link; Weir writes only inside the project");
  if (!there) return file;
  if (!S_ISREG(info.st_mode)) return fail("the settings file is not a regular file", path, "move it away");
  file.mode = info.st_mode & 07777;
  TRY(file.bytes, os::read_file(file.target, limits::kSettingsBytesMax));
  return file;
}

Status check_writable(const SettingsFile& file) {
  // Root may write anything; a file without write permission was still meant to stay as it is.
  if (file.bytes && ((file.mode & 0200) == 0 || ::access(file.target.c_str(), W_OK) != 0))
    return fail(ErrorCode::denied, "the settings file is read-only", file.path,
                "make it writable (`chmod u+w`), or change it where it is generated");
  std::string directory = parent(file.target);
  while (!os::exists(directory) && directory != "/" && directory != ".")
    directory = parent(directory);
  if (::access(directory.c_str(), W_OK) != 0)
    return std::unexpected(os::errno_error("cannot write into the directory", directory, errno));
  return {};
}

Status replace_settings_file(const SettingsFile& file, const std::optional<std::string>& bytes, mode_t mode) {
  if (bytes) {
    const std::optional<std::string> owner_of =
        file.bytes ? std::optional(file.target) : std::optional(parent(file.target));
    TRY(Draft draft, Draft::write(file.target, *bytes, mode, owner_of));
    TRY_STATUS(file.bytes ? exchange(file, draft) : create(file, draft));
  } else if (file.bytes) {
    if (!holds(file.target, *file.bytes)) return std::unexpected(changed(file.path));
    TRY_STATUS(os::remove_file(file.target));
  }
  return os::sync_dir(parent(file.target));
}

}  // namespace weir::setup
