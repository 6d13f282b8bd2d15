#include "pod/shield_probes.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "os/files.h"
#include "os/random.h"
#include "pod/mountinfo.h"

namespace weir::pod {
namespace {

constexpr const char* kProbeName = "/.weir-probe";

ShieldStep held(std::string name, std::string detail) {
  return {std::move(name), true, true, std::move(detail)};
}
ShieldStep open_gap(std::string name, std::string detail) {
  return {std::move(name), true, false, std::move(detail)};
}

// True when a stream connection to the address is taken.
bool connects(const sockaddr_un& address, socklen_t length) {
  const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return false;
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 || errno == EAGAIN;
}

bool connects_to_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  return connects(address, sizeof address);
}

struct AbstractAddress {
  sockaddr_un address{};
  socklen_t length = 0;
};
AbstractAddress abstract_address(const std::string& name) {
  AbstractAddress result;
  result.address.sun_family = AF_UNIX;
  std::memcpy(result.address.sun_path + 1, name.data(),
              std::min(name.size(), sizeof result.address.sun_path - 1));
  result.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return result;
}

// True when a file could be made in `dir`; it is removed again.
bool can_create_in(const std::string& dir) {
  const std::string path = dir + kProbeName;
  const os::Fd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (!fd) return false;
  ::unlink(path.c_str());
  return true;
}

bool can_write(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return false;
  if (S_ISDIR(status.st_mode)) return can_create_in(path);
  if (!S_ISREG(status.st_mode)) return false;
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  return static_cast<bool>(fd);
}

// Names directly in `dir` that a plan shows again.
bool is_shown(const ShieldPlan& plan, const std::string& path) {
  const auto leads_there = [&](const std::string& shown) { return is_within(shown, path); };
  return std::any_of(plan.kept.begin(), plan.kept.end(), leads_there) ||
         std::any_of(plan.read_only.begin(), plan.read_only.end(), leads_there);
}

// In a throw-away child with all privileges of a namespace of its own: the path that could be undone, or -1.
int first_undone(const std::vector<std::string>& points, const std::vector<std::string>& read_only) {
  constexpr int kNamespaceRefused = -2;
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kNamespaceRefused;
  for (std::size_t i = points.size(); i-- > 0;)
    if (::umount2(points[i].c_str(), MNT_DETACH) == 0) return static_cast<int>(i);
  for (std::size_t i = 0; i < read_only.size(); ++i) {
    mount_attr attr{};
    attr.attr_clr = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(AT_FDCWD, read_only[i].c_str(), 0, &attr, sizeof attr) == 0)
      return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

Canary make_canary(const ShieldPlan& plan, pid_t outside_pid) {
  Canary canary;
  canary.outside_pid = outside_pid;
  canary.abstract_name = "weir-canary-" + os::new_uuid();
  canary.abstract_listener = os::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto at = abstract_address(canary.abstract_name);
  if (!canary.abstract_listener ||
      ::bind(canary.abstract_listener.get(), reinterpret_cast<const sockaddr*>(&at.address), at.length) !=
          0 ||
      ::listen(canary.abstract_listener.get(), 1) != 0)
    canary.abstract_listener.reset();
  for (const auto& dir : plan.hidden)
    for (const auto& name : os::list_dir(dir)) {
      const std::string path = dir + "/" + name;
      const auto info = os::file_info(path);
      if (info && info->kind == os::FileInfo::Kind::socket && !is_shown(plan, path))
        canary.hidden_sockets.push_back(path);
    }
  return canary;
}

ShieldStep probe_hidden(const ShieldPlan& plan, const Canary& canary) {
  for (const auto& dir : plan.hidden) {
    for (const auto& name : os::list_dir(dir))
      if (!is_shown(plan, dir + "/" + name)) return open_gap("hidden", "still visible: " + dir + "/" + name);
    if (can_create_in(dir)) return open_gap("hidden", "a file could be made in " + dir);
  }
  for (const auto& path : canary.hidden_sockets)
    if (connects_to_path(path)) return open_gap("hidden", "a hidden socket answered: " + path);
  return held("hidden", std::to_string(plan.hidden.size()) + " directories empty, " +
                            std::to_string(canary.hidden_sockets.size()) + " sockets unreachable");
}

ShieldStep probe_kept(const ShieldPlan& plan) {
  for (const auto& path : plan.kept)
    if (!os::exists(path)) return open_gap("kept", "not visible: " + path);
  return held("kept", std::to_string(plan.kept.size()) + " paths visible");
}

ShieldStep probe_read_only(const ShieldPlan& plan) {
  for (const auto& path : plan.read_only)
    if (can_write(path)) return open_gap("read_only", "could be written: " + path);
  return held("read_only", std::to_string(plan.read_only.size()) + " paths refuse writing");
}

ShieldStep probe_masked(const ShieldPlan& plan) {
  struct stat null;
  if (::stat("/dev/null", &null) != 0) return open_gap("masked", "/dev/null is missing");
  for (const auto& path : plan.masked) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0 || status.st_rdev != null.st_rdev || !S_ISCHR(status.st_mode))
      return open_gap("masked", "still visible: " + path);
  }
  return held("masked", std::to_string(plan.masked.size()) + " files and sockets masked");
}

ShieldStep probe_pins(const ShieldPlan& plan) {
  // rmdir asks "is it a mount point" (EBUSY) before "is it empty", and a pinned directory is not empty.
  for (const auto& dir : plan.pins)
    if (::rmdir(dir.c_str()) == 0 || errno == ENOTEMPTY || errno == EEXIST)
      return open_gap("pinned", "could be moved away: " + dir);
  return held("pinned", std::to_string(plan.pins.size()) + " directories cannot be renamed");
}

ShieldStep probe_locked(const ShieldPlan& plan, const std::vector<std::string>& mount_points) {
  const pid_t child = ::fork();
  if (child < 0) return open_gap("locked", "no process for the probe");
  if (child == 0) {
    const int undone = first_undone(mount_points, plan.read_only);
    ::_exit(undone == -1 ? 0 : undone == -2 ? 2 : 1);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 1)
    return open_gap("locked", "a namespace of its own could undo a mount");
  if (WEXITSTATUS(status) == 2) return held("locked", "no further namespaces can be made");
  return held("locked", std::to_string(mount_points.size()) + " mounts refuse umount and remount");
}

ShieldStep probe_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return open_gap("capabilities", "capget failed");
  for (const auto& word : data)
    if ((word.effective | word.permitted | word.inheritable) != 0)
      return open_gap("capabilities", "some are left");
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0)
      return open_gap("capabilities", "the bounding set is not empty");
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return open_gap("capabilities", "no_new_privs is off");
  return held("capabilities", "none, and none can be gained");
}

ShieldStep probe_tracing(const Canary& canary) {
  const std::string proc = "/proc/" + std::to_string(canary.outside_pid);
  char target[8];
  if (::readlink((proc + "/root").c_str(), target, sizeof target) >= 0)
    return open_gap("tracing", "the root directory of a process outside can be entered");
  const os::Fd memory(::open((proc + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (memory) return open_gap("tracing", "the memory of a process outside can be opened");
  return held("tracing", "memory and root directory of a process outside are refused");
}

ShieldStep probe_signals(const Canary& canary) {
  if (::kill(canary.outside_pid, 0) == 0 || errno != EPERM)
    return open_gap("signals", "a process outside can be signalled");
  return held("signals", "a process outside cannot be signalled");
}

ShieldStep probe_abstract_sockets(const Canary& canary) {
  if (!canary.abstract_listener) return open_gap("abstract_sockets", "no socket to try it on");
  const auto at = abstract_address(canary.abstract_name);
  if (connects(at.address, at.length)) return open_gap("abstract_sockets", "one made outside answered");
  return held("abstract_sockets", "one made outside is refused");
}

ShieldStep probe_terminals() {
  for (const auto& name : os::list_dir("/dev/pts"))
    if (name != "ptmx") return open_gap("terminals", "still visible: /dev/pts/" + name);
  return held("terminals", "no other terminal has a name here");
}

ShieldStep probe_terminal_input() {
  // On no terminal at all: without the filter the answer would be EBADF. The high bits are not the kernel's.
  const char byte = 0;
  const unsigned long commands[] = {TIOCSTI, TIOCLINUX, TIOCSTI | (1UL << 32)};
  for (const unsigned long command : commands)
    if (::syscall(SYS_ioctl, -1, command, &byte) == 0 || errno != EPERM)
      return open_gap("terminal_input", "typing into the terminal is not refused");
  return held("terminal_input", "typing into the terminal is refused");
}

ShieldStep probe_foreign_limits(const Canary& canary) {
  rlimit64 limit{};
  if (::syscall(SYS_prlimit64, canary.outside_pid, RLIMIT_CORE, nullptr, &limit) != 0)
    return held("foreign_limits", "limits of a process outside cannot even be read");
  if (::syscall(SYS_prlimit64, canary.outside_pid, RLIMIT_CORE, &limit, nullptr) == 0)
    return open_gap("foreign_limits", "limits of a process outside can be set");
  return held("foreign_limits", "limits of a process outside cannot be set");
}

}  // namespace weir::pod
