#include "pod/pod_probes.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "os/files.h"
#include "os/random.h"
#include "pod/shield_probes.h"

namespace weir::pod {
namespace {

constexpr const char* kProbeName = "/.weir-probe";

ShieldStep held(const char* name, std::string detail) {
  return {name, true, true, std::move(detail)};
}
ShieldStep open_gap(const char* name, std::string detail) {
  return {name, true, false, std::move(detail)};
}
ShieldStep not_applied(const char* name, std::string why) {
  return {name, false, false, std::move(why)};
}

bool can_read(const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return static_cast<bool>(fd);
}

bool can_create_in(const std::string& dir) {
  const std::string path = dir + kProbeName;
  const os::Fd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (!fd) return false;
  ::unlink(path.c_str());
  return true;
}

ShieldStep probe_files_outside(const PodPlan& plan, const PodCanary& canary) {
  struct stat root;
  if (::stat("/", &root) != 0 || (root.st_dev == canary.root_device && root.st_ino == canary.root_inode))
    return open_gap("files_outside", "the root directory is the host's");
  if (!canary.file.empty())
    for (const char* way : {"", "/proc/self/root", "/proc/self/cwd/../../../../../../..", "/proc/1/root",
                            "/proc/1/cwd", "/../.."})
      if (can_read(way + canary.file))
        return open_gap("files_outside", std::string("a file outside could be read by ") + way + canary.file);
  for (const auto& dir : plan.spec.keep_out)
    if (::access(dir.c_str(), F_OK) == 0)
      return open_gap("files_outside", "Weir's own files are visible: " + dir);
  if (canary.file.empty())
    return held("files_outside", "the root directory is the pod's own; no file could be made outside to try");
  return held("files_outside", "a file made outside cannot be found by any of 6 paths");
}

ShieldStep probe_write_outside(const PodPlan& plan) {
  std::size_t tried = 0;
  const auto refused = [&](const std::string& path) {
    ++tried;
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) return true;
    if (S_ISDIR(status.st_mode)) return !can_create_in(path == "/" ? "" : path);
    const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    return !fd;
  };
  for (const char* path : {"/", "/proc/sys/kernel", "/dev"})
    if (!refused(path)) return open_gap("write_outside", std::string("a file could be made in ") + path);
  for (const auto& mount : plan.mounts)
    if (is_read_only(mount) && !refused(mount.at))
      return open_gap("write_outside", "could be written: " + mount.at);
  return held("write_outside", std::to_string(tried) + " places refuse writing");
}

ShieldStep probe_processes(const PodCanary& canary) {
  const std::string own = std::to_string(::getpid());
  for (const auto& name : os::list_dir("/proc"))
    if (name[0] >= '0' && name[0] <= '9' && name != "1" && name != own)
      return open_gap("processes", "a process that is not the pod's is visible: " + name);
  constexpr pid_t kOwnPidsMax = 16;  // a small number outside may be one of the pod's inside
  if (canary.outside_pid > kOwnPidsMax && (::kill(canary.outside_pid, 0) == 0 || errno != ESRCH))
    return open_gap("processes", "a process outside can be named");
  return held("processes", "only the pod's own are visible and can be named");
}

ShieldStep probe_descriptors(int channel) {
  for (const auto& name : os::list_dir("/proc/self/fd")) {
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    struct stat status;
    if (fd <= 2 || fd == channel || ::fstat(fd, &status) != 0) continue;  // the listing's own is closed again
    return open_gap("descriptors", "one came in from outside: " + name);
  }
  return held("descriptors", "only standard input, output and error came in");
}

ShieldStep probe_set_user_id(const PodPlan& plan) {
  ShieldStep step = probe_capabilities();
  if (!step.verified) return step;
  const uid_t other = ::getuid() == 0 ? 1 : 0;
  if (::setresuid(other, other, other) == 0) return open_gap("capabilities", "the user id could be changed");
  if (plan.launcher == Launcher::runsc) return step;  // it tells no flags of mounts; no_new_privs is there
  for (const auto& mount : plan.mounts) {
    struct statvfs status;
    if (::statvfs(mount.at.c_str(), &status) == 0 && (status.f_flag & ST_NOSUID) == 0)
      return open_gap("capabilities", "set-user-ID programs count in " + mount.at);
  }
  step.detail = "none, and none can be gained: not by set-user-ID programs, not by setresuid";
  return step;
}

// Making a whiteout (a device with number 0) is the one thing that mounts and capabilities let pass and
// Landlock here does not.
ShieldStep probe_landlock_files(const PodLandlock& landlock) {
  if (landlock.abi == 0) return not_applied("landlock_files", "the kernel has no Landlock");
  const std::string path = std::string("/dev/shm") + kProbeName;
  if (::mknod(path.c_str(), S_IFCHR | 0600, 0) == 0) {
    ::unlink(path.c_str());
    return open_gap("landlock_files", "a device node could be made");
  }
  if (errno != EACCES) return open_gap("landlock_files", "the wall behind the mounts does not answer");
  if (!can_create_in("/dev/shm")) return open_gap("landlock_files", "it also refuses what the pod needs");
  return held("landlock_files", "ABI " + std::to_string(landlock.abi) + ", rights for the pod's mounts only");
}

ShieldStep probe_landlock_scopes(const PodLandlock& landlock) {
  if (!landlock.scopes)
    return not_applied("landlock_scopes", "Landlock ABI " + std::to_string(landlock.abi) + ", needs 6");
  // The pod's first process has this user's id and stands outside of the scope.
  if (::kill(1, 0) == 0 || errno != EPERM) return open_gap("landlock_scopes", "signals leave the scope");
  return held("landlock_scopes", "signals and abstract sockets stay inside");
}

ShieldStep probe_own_tcp(const PodPlan& plan, const PodLandlock& landlock) {
  if (plan.spec.network != PodNetwork::none) return held("own_tcp", "allowed by the profile, loopback only");
  if (!landlock.tcp) return not_applied("own_tcp", "Landlock ABI 4 is needed to refuse TCP altogether");
  const os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 || errno != EACCES)
    return open_gap("own_tcp", "a TCP port could be opened");
  return held("own_tcp", "no TCP port can be opened");
}

bool is_shown(const PodPlan& plan, const std::string& dir) {
  const auto holds = [](const std::string& outer, const std::string& inner) {
    return inner == outer || outer == "/" || inner.starts_with(outer + "/");
  };
  return std::any_of(plan.mounts.begin(), plan.mounts.end(), [&](const PodMount& mount) {
    return !mount.source.empty() && holds(mount.source, dir);
  });
}

// "weir-canary-<uuid>" in the first of these that takes it and is not to be seen in the pod.
std::string make_canary_file(const PodPlan& plan) {
  for (const char* dir : {"/dev/shm", "/tmp", "/var/tmp"}) {
    if (is_shown(plan, os::resolve_path(dir))) continue;
    std::string path = std::string(dir) + "/weir-canary-" + os::new_uuid();
    const os::Fd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd) return path;
  }
  return {};
}

}  // namespace

void add_filter_steps(std::vector<ShieldStep>& steps, const std::string& refused) {
  if (refused.empty()) {
    for (auto* probe : {probe_namespaces, probe_mount_calls, probe_other_processes, probe_keyrings,
                        probe_kernel_interfaces, probe_socket_families, probe_terminal_input})
      steps.push_back(probe());
    return;
  }
  for (const char* name :
       {"namespaces", "mounts", "tracing", "keyrings", "kernel_interfaces", "sockets", "terminal_input"})
    steps.push_back(not_applied(name, refused));
}

PodCanary make_pod_canary(const PodPlan& plan) {
  PodCanary canary;
  canary.outside_pid = ::getpid();
  canary.file = make_canary_file(plan);
  struct stat root;
  if (::stat("/", &root) == 0) {
    canary.root_device = root.st_dev;
    canary.root_inode = root.st_ino;
  }
  canary.tcp = os::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (canary.tcp && ::bind(canary.tcp.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
      ::listen(canary.tcp.get(), 1) == 0 &&
      ::getsockname(canary.tcp.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0)
    canary.port = ntohs(address.sin_port);
  canary.abstract_name = "weir-canary-" + os::new_uuid();
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path + 1, canary.abstract_name.data(), canary.abstract_name.size());
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + canary.abstract_name.size());
  canary.abstract = os::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!canary.abstract ||
      ::bind(canary.abstract.get(), reinterpret_cast<const sockaddr*>(&local), length) != 0 ||
      ::listen(canary.abstract.get(), 1) != 0)
    canary.abstract_name.clear();
  return canary;
}

void remove_pod_canary(PodCanary& canary) {
  if (!canary.file.empty()) ::unlink(canary.file.c_str());
  canary.file.clear();
  canary.tcp.reset();
  canary.abstract.reset();
}

std::vector<ShieldStep> probe_pod(const PodPlan& plan, const PodCanary& canary, const PodLandlock& landlock,
                                  const std::string& filter_refused, int channel) {
  if (plan.launcher == Launcher::landlock)
    return probe_pod_alone(plan, canary, landlock, filter_refused, channel);
  std::vector<ShieldStep> steps = {
      probe_files_outside(plan, canary),
      probe_write_outside(plan),
      probe_processes(canary),
      probe_host_loopback(canary),
      probe_pod_abstract_sockets(canary),
      plan.spec.network == PodNetwork::egress ? probe_network_home(plan) : probe_network_out(),
      probe_descriptors(channel),
      probe_set_user_id(plan),
      probe_landlock_files(landlock),
      probe_landlock_scopes(landlock),
      probe_own_tcp(plan, landlock)};
  add_filter_steps(steps, filter_refused);
  for (auto& step : steps)
    if (step.name == "tracing" && step.applied && plan.launcher == Launcher::runsc)
      step = probe_tracing_in_gvisor();
  return steps;
}

}  // namespace weir::pod
