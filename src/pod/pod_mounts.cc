#include "pod/pod_mounts.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "os/fd.h"
#include "os/files.h"
#include "pod/mountinfo.h"

namespace weir::pod {
namespace {

constexpr unsigned kPlain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
// The root holds directories, links and the few files of the pod's own.
constexpr const char* kRootBytes = "16777216";
constexpr std::uint64_t kShmBytes = 256ULL << 20;

std::unexpected<Error> mount_error(std::string what, const std::string& where, int error_number,
                                   const std::string& kernel = {}) {
  Error error = os::errno_error(std::move(what), where, error_number);
  error.code = ErrorCode::unavailable;
  if (!kernel.empty()) error.what += " (" + printable(kernel, 200) + ")";
  error.hint = "`weir doctor` says what this kernel allows; docs/pod.md what a pod needs";
  return std::unexpected(std::move(error));
}

// A file system of a kind, made by key and value; never attached anywhere by itself.
class NewFileSystem {
 public:
  explicit NewFileSystem(const char* kind) : kind_(kind), fd_(::fsopen(kind, FSOPEN_CLOEXEC)) {
    if (!fd_) error_ = errno;
  }
  NewFileSystem& set(const char* key, const std::string& value) {
    return call(FSCONFIG_SET_STRING, key, value.c_str());
  }
  NewFileSystem& flag(const char* key) { return call(FSCONFIG_SET_FLAG, key, nullptr); }

  Result<os::Fd> mount(unsigned attributes, const std::string& where) {
    call(FSCONFIG_CMD_CREATE, nullptr, nullptr);
    if (error_ == 0) {
      os::Fd mounted(::fsmount(fd_.get(), FSMOUNT_CLOEXEC, attributes));
      if (mounted) return mounted;
      error_ = errno;
    }
    return mount_error(std::string("cannot mount ") + kind_, where, error_, complaint());
  }

 private:
  NewFileSystem& call(unsigned command, const char* key, const char* value) {
    if (error_ == 0 && ::fsconfig(fd_.get(), command, key, value, 0) != 0) error_ = errno;
    return *this;
  }
  // What the file system itself says about a refusal: one message a read, "e overlay: ...".
  std::string complaint() const {
    char text[256];
    const ssize_t n = fd_ ? ::read(fd_.get(), text, sizeof text) : 0;
    return n > 0 ? std::string(trim({text, static_cast<std::size_t>(n)})) : std::string();
  }

  const char* kind_;
  os::Fd fd_;
  int error_ = 0;
};

// Recursive, because the kernel does not show a directory without what the host has locked below it.
Result<HeldMount> hold_bind(const PodMount& mount) {
  HeldMount held;
  held.at = mount.at;
  held.tree =
      os::Fd(::open_tree(AT_FDCWD, mount.source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!held.tree) return mount_error("cannot bind", mount.source, errno);
  mount_attr attributes{};
  attributes.attr_set = kPlain | (is_read_only(mount) ? MOUNT_ATTR_RDONLY : 0U);
  if (::mount_setattr(held.tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    return mount_error("cannot make a bind read-only (needs Linux 5.12)", mount.source, errno);
  struct stat status;
  held.is_dir = ::fstat(held.tree.get(), &status) == 0 && S_ISDIR(status.st_mode);
  return held;
}

// A read-only mount refuses nobody who connects: that it is one socket and nothing else is what keeps.
Result<HeldMount> hold_door(const PodDoor& door) {
  HeldMount held{os::Fd(::open_tree(AT_FDCWD, door.source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)),
                 door.at, false};
  if (!held.tree) return mount_error("cannot bind", door.source, errno);
  mount_attr attributes{};
  attributes.attr_set = kPlain | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
  if (::mount_setattr(held.tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return mount_error("cannot make a bind read-only (needs Linux 5.12)", door.source, errno);
  return held;
}

Result<os::Fd> new_tmpfs(std::uint64_t bytes, const char* mode, const std::string& at) {
  return NewFileSystem("tmpfs").set("size", std::to_string(bytes)).set("mode", mode).mount(kPlain, at);
}

// The three directories are named by descriptors: a path may hold ':' and ',', which overlayfs reads as its
// own, and the pod's table of mounts shall not tell where the host keeps them. "volatile": no flush of the
// whole disk below at every end of a pod; launch_pod flushes the changes, if there are any.
Result<HeldMount> hold_overlay(const PodMount& mount) {
  os::Fd dirs[3];
  std::string names[3];
  const std::string* const paths[3] = {&mount.source, &mount.upper, &mount.work};
  for (int i = 0; i < 3; ++i) {
    dirs[i] = os::Fd(::open(paths[i]->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!dirs[i]) return mount_error("cannot open a directory of the overlay", *paths[i], errno);
    names[i] = "/proc/self/fd/" + std::to_string(dirs[i].get());
  }
  auto tree = NewFileSystem("overlay")
                  .set("lowerdir", names[0])
                  .set("upperdir", names[1])
                  .set("workdir", names[2])
                  .flag("userxattr")
                  .flag("volatile")
                  .mount(kPlain, mount.source);
  if (!tree) {
    tree.error().hint =
        "a workspace cannot have another file system mounted inside of it, and its changes cannot be kept on "
        "an "
        "overlay, NFS or FAT; work in a directory below, or set WEIR_HOME";
    return std::unexpected(std::move(tree.error()));
  }
  return HeldMount{*std::move(tree), mount.at, true};
}

Result<std::vector<HeldMount>> hold_mounts(const PodPlan& plan) {
  std::vector<HeldMount> held;
  for (const auto& mount : plan.mounts) {
    if (mount.kind == PodMount::Kind::tmpfs) {
      const bool shared = mount.at == "/tmp" || mount.at == "/var/tmp";
      TRY(os::Fd tree, new_tmpfs(mount.bytes_max, shared ? "1777" : "0755", mount.at));
      held.push_back({std::move(tree), mount.at, true});
    } else if (mount.kind == PodMount::Kind::overlay) {
      TRY(HeldMount one, hold_overlay(mount));
      held.push_back(std::move(one));
    } else {
      TRY(HeldMount one, hold_bind(mount));
      held.push_back(std::move(one));
    }
  }
  for (const auto& door : plan.doors) {
    TRY(HeldMount one, hold_door(door));
    held.push_back(std::move(one));
  }
  return held;
}

std::string base_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// May the launcher make things at `at`? On its own root and on a tmpfs of the pod, never on what is the
// host's.
bool may_make(const PodPlan& plan, const std::string& at) {
  const PodMount* around = nullptr;
  for (const auto& mount : plan.mounts)  // outer before inner: the last one that fits is the nearest
    if (mount.at != at && is_within(at, mount.at)) around = &mount;
  return around == nullptr || around->kind == PodMount::Kind::tmpfs;
}

// The directory above `at`, made where it is missing. Links are not followed: nothing in a bound tree decides
// where a mount ends up.
Result<os::Fd> parent_dir(const PodPlan& plan, int root, const std::string& at) {
  os::Fd dir(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::string so_far;
  const auto parts = split(std::string_view(at).substr(1), '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string part(parts[i]);
    so_far += "/" + part;
    if (may_make(plan, so_far) && ::mkdirat(dir.get(), part.c_str(), 0755) != 0 && errno != EEXIST)
      return mount_error("cannot make a directory of the pod", so_far, errno);
    os::Fd next(::openat(dir.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return mount_error("a mount point of the pod is missing", so_far, errno);
    dir = std::move(next);
  }
  return dir;
}

Status place(const PodPlan& plan, int root, const HeldMount& held) {
  TRY(const os::Fd dir, parent_dir(plan, root, held.at));
  const std::string last = base_of(held.at);
  if (may_make(plan, held.at)) {
    if (held.is_dir) {
      if (::mkdirat(dir.get(), last.c_str(), 0755) != 0 && errno != EEXIST)
        return mount_error("cannot make a mount point of the pod", held.at, errno);
    } else {
      const os::Fd file(::openat(dir.get(), last.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0444));
      if (!file) return mount_error("cannot make a mount point of the pod", held.at, errno);
    }
  }
  if (::move_mount(held.tree.get(), "", dir.get(), last.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return mount_error("cannot mount in the pod", held.at, errno);
  return {};
}

Status write_file(const PodPlan& plan, int root, const PodFile& file) {
  if (!may_make(plan, file.at))
    return fail("a file of the pod cannot stand in a directory of the host", file.at);
  TRY(const os::Fd dir, parent_dir(plan, root, file.at));
  const os::Fd out(
      ::openat(dir.get(), base_of(file.at).c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
  if (!out) return mount_error("cannot make a file of the pod", file.at, errno);
  return os::write_all(out.get(), file.content);
}

Status make_link(const PodPlan& plan, int root, const PodLink& link) {
  if (!may_make(plan, link.at))
    return fail("a link of the pod cannot stand in a directory of the host", link.at);
  TRY(const os::Fd dir, parent_dir(plan, root, link.at));
  if (::symlinkat(link.target.c_str(), dir.get(), base_of(link.at).c_str()) != 0)
    return mount_error("cannot make a link of the pod", link.at, errno);
  return {};
}

Status fill(const PodPlan& plan, int root) {
  const PodLink own[] = {{"/dev/fd", "/proc/self/fd"},
                         {"/dev/stdin", "/proc/self/fd/0"},
                         {"/dev/stdout", "/proc/self/fd/1"},
                         {"/dev/stderr", "/proc/self/fd/2"},
                         {"/dev/ptmx", "pts/ptmx"}};
  for (const auto& link : own)
    TRY_STATUS(make_link(plan, root, link));
  for (const auto& link : plan.spec.links)
    TRY_STATUS(make_link(plan, root, link));
  for (const auto& file : plan.spec.files)
    TRY_STATUS(write_file(plan, root, file));
  return {};
}

// pivot_root(".", ".") stacks the old root upon the new one (pivot_root(2), NOTES); it is then detached with
// all that the host has mounted in it.
Status switch_root(int root) {
  const os::Fd old(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old || ::fchdir(root) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0)
    return mount_error("cannot change the root directory", "/", errno);
  if (::fchdir(old.get()) != 0 || ::umount2(".", MNT_DETACH) != 0)
    return mount_error("cannot detach the host's root directory", "/", errno);
  if (::chdir("/") != 0) return mount_error("cannot enter the pod's root directory", "/", errno);
  return {};
}

}  // namespace

// /proc must be made before the host's root goes: the kernel gives a new one only to whom an unmasked one is
// visible already. Whole and read-only: no system control, no trigger, whoever owns it.
Result<std::vector<HeldMount>> hold_own_mounts() {
  // Nothing mounted here may appear outside, and what is mounted outside later may not appear here.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return mount_error("the mounts cannot be made private", "/", errno);
  std::vector<HeldMount> held;
  TRY(os::Fd proc, NewFileSystem("proc").mount(kPlain | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, "/proc"));
  held.push_back({std::move(proc), "/proc", true});
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    const std::string path = std::string("/dev/") + name;
    os::Fd node(::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (node)
      held.push_back({std::move(node), path, false});
    else if (std::strcmp(name, "null") == 0)
      return mount_error("cannot bind", path, errno);
  }
  TRY(os::Fd terminals, NewFileSystem("devpts")
                            .flag("newinstance")
                            .set("ptmxmode", "0666")
                            .set("mode", "0620")
                            .mount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, "/dev/pts"));
  held.push_back({std::move(terminals), "/dev/pts", true});
  TRY(os::Fd memory, new_tmpfs(kShmBytes, "1777", "/dev/shm"));
  held.push_back({std::move(memory), "/dev/shm", true});
  return held;
}

Status build_pod_root(const PodPlan& plan, const std::vector<HeldMount>& own) {
  TRY(const std::vector<HeldMount> held, hold_mounts(plan));
  TRY(const os::Fd root,
      NewFileSystem("tmpfs").set("size", kRootBytes).set("mode", "0755").mount(kPlain, "/"));
  if (::move_mount(root.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return mount_error("cannot mount the pod's root directory", "/", errno);
  for (const auto& one : own)
    TRY_STATUS(place(plan, root.get(), one));
  for (const auto& one : held)
    TRY_STATUS(place(plan, root.get(), one));
  TRY_STATUS(fill(plan, root.get()));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(root.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return mount_error("cannot make the pod's root directory read-only", "/", errno);
  return switch_root(root.get());
}

Status set_up_loopback() {
  const os::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
    return std::unexpected(os::errno_error("cannot bring the pod's loopback interface up", "lo", errno));
  return {};
}

Status set_host_name(const std::string& hostname) {
  if (::sethostname(hostname.data(), hostname.size()) != 0)
    return std::unexpected(os::errno_error("cannot set the pod's host name", hostname, errno));
  return {};
}

}  // namespace weir::pod
