#include "pod/shield_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/fd.h"
#include "os/files.h"
#include "pod/mountinfo.h"

namespace weir::pod {
namespace {

std::unexpected<Error> mount_error(const char* what, const std::string& path) {
  Error error = os::errno_error(what, path, errno);
  error.code = ErrorCode::unavailable;
  error.hint = "see `weir doctor` for what this kernel allows, or run with --no-shield and have it recorded";
  return std::unexpected(std::move(error));
}

// Always recursive: the mounts of the namespace we came from are locked together here, and the kernel refuses
// to show a directory without what is mounted below it.
Status bind(const std::string& from, const std::string& to) {
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    return mount_error("cannot bind", to);
  return {};
}

// Adds "read-only" and keeps every other flag (nosuid, nodev ...), which a remount would have to repeat.
Status make_read_only(const std::string& path, unsigned flags) {
  mount_attr attr{};
  attr.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, path.c_str(), flags, &attr, sizeof attr) != 0)
    return mount_error("cannot make read-only (needs Linux 5.12)", path);
  return {};
}

Status bind_read_only(const std::string& path) {
  TRY_STATUS(bind(path, path));
  return make_read_only(path, AT_RECURSIVE);
}

// Something below a hidden directory that is shown again: held by a descriptor while the directory is
// covered.
struct Shown {
  os::Fd tree;
  std::string path;
  bool is_dir = false;
  bool read_only = false;
};

Status hold(std::vector<Shown>& shown, const std::string& path, bool read_only) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return mount_error("cannot keep", path);
  os::Fd tree(::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!tree) return mount_error("cannot keep", path);
  shown.push_back({std::move(tree), path, S_ISDIR(status.st_mode), read_only});
  return {};
}

Result<std::vector<Shown>> hold_what_stays(const ShieldPlan& plan, const std::string& dir) {
  std::vector<Shown> shown;
  for (const auto& path : plan.kept)
    if (is_within(path, dir) && path != dir) TRY_STATUS(hold(shown, path, false));
  for (const auto& path : plan.read_only)
    if (is_within(path, dir) && path != dir) TRY_STATUS(hold(shown, path, true));
  return shown;
}

// A mount needs something of its kind to stand on.
Status make_mount_point(const Shown& shown) {
  if (os::exists(shown.path)) return {};  // below something shown before
  const auto slash = shown.path.rfind('/');
  TRY_STATUS(os::make_dirs(shown.is_dir ? shown.path : shown.path.substr(0, slash), 0755));
  if (shown.is_dir) return {};
  const os::Fd file(::open(shown.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0444));
  if (!file) return mount_error("cannot make a mount point", shown.path);
  return {};
}

Status show(const Shown& shown) {
  TRY_STATUS(make_mount_point(shown));
  if (::move_mount(shown.tree.get(), "", AT_FDCWD, shown.path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return mount_error("cannot show again", shown.path);
  if (shown.read_only) return make_read_only(shown.path, AT_RECURSIVE);
  return {};
}

Status hide(const ShieldPlan& plan, const std::string& dir, std::vector<std::string>& points) {
  TRY(const std::vector<Shown> shown, hold_what_stays(plan, dir));
  // Room for the mount points of what is shown again and for nothing else.
  if (::mount("weir", dir.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "size=1m,nr_inodes=4096,mode=0755") != 0)
    return mount_error("cannot hide", dir);
  points.push_back(dir);
  for (const auto& item : shown) {
    TRY_STATUS(show(item));
    points.push_back(item.path);
  }
  return make_read_only(dir, 0);
}

bool below_hidden(const ShieldPlan& plan, const std::string& path) {
  for (const auto& dir : plan.hidden)
    if (is_within(path, dir) && path != dir) return true;
  return false;
}

// An own instance of devpts: the terminals of the user's other windows have no names in it, so keystrokes
// meant for them cannot be read. The terminal of the run stays: open descriptors and /dev/tty keep working.
Status hide_terminals(std::vector<std::string>& points) {
  if (::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") !=
      0)
    return mount_error("cannot mount own terminals", "/dev/pts");
  points.emplace_back("/dev/pts");
  const auto ptmx = os::file_info("/dev/ptmx");
  if (!ptmx || ptmx->kind == os::FileInfo::Kind::link) return {};  // a link to pts/ptmx leads there already
  TRY_STATUS(bind("/dev/pts/ptmx", "/dev/ptmx"));
  points.emplace_back("/dev/ptmx");
  return {};
}

}  // namespace

Result<MountsMade> make_shield_mounts(const ShieldPlan& plan) {
  MountsMade made;
  for (const auto& dir : plan.pins) {
    TRY_STATUS(bind(dir, dir));
    made.points.push_back(dir);
  }
  for (const auto& path : plan.read_only) {
    if (below_hidden(plan, path)) continue;  // shown again by hide()
    TRY_STATUS(bind_read_only(path));
    made.points.push_back(path);
  }
  for (const auto& dir : plan.hidden)
    TRY_STATUS(hide(plan, dir, made.points));
  for (const auto& path : plan.masked) {
    TRY_STATUS(bind("/dev/null", path));
    made.points.push_back(path);
  }
  if (plan.spec.hide_terminals)
    if (auto status = hide_terminals(made.points); !status)
      made.terminals_off.push_back(status.error().message());
  return made;
}

}  // namespace weir::pod
