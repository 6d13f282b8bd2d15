// Probes of a pod without namespaces: the root directory, the processes and the network are the host's, and
// Landlock and the filter are all that keeps the program from them. Inside the room only.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include <cerrno>

#include "pod/pod_filter.h"
#include "pod/pod_probes.h"

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

bool opens(const std::string& path, int flags) {
  const os::Fd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
  return static_cast<bool>(fd);
}

bool can_create_in(const std::string& dir) {
  const std::string path = dir + kProbeName;
  const os::Fd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (!fd) return false;
  ::unlink(path.c_str());
  return true;
}

// The bait is an empty file, so that emptying it harms nobody.
ShieldStep probe_landlock_alone(const PodPlan& plan, const PodCanary& canary, const PodLandlock& landlock) {
  constexpr const char* kStep = "landlock_files";
  if (landlock.abi < kLandlockAbiAlone)
    return not_applied(kStep, landlock.abi == 0
                                  ? "the kernel has no Landlock"
                                  : "Landlock ABI " + std::to_string(landlock.abi) + ", needs 3");
  if (canary.file.empty()) return open_gap(kStep, "no file could be made outside to try it on");
  for (const char* way : {"", "/proc/self/root", "/proc/self/cwd/../../../../../../../../../.."})
    if (opens(way + canary.file, O_RDONLY))
      return open_gap(kStep, std::string("a file outside could be read by ") + way + canary.file);
  if (::truncate(canary.file.c_str(), 0) == 0 || ::unlink(canary.file.c_str()) == 0)
    return open_gap(kStep, "a file outside could be emptied or removed");
  for (const auto& dir : plan.spec.keep_out)
    if (opens(dir, O_RDONLY | O_DIRECTORY)) return open_gap(kStep, "Weir's own files can be listed: " + dir);
  for (const auto& mount : plan.mounts)
    if (mount.kind == PodMount::Kind::own && mount.at != plan.spec.cwd && !can_create_in(mount.source))
      return open_gap(kStep, "it also refuses what the pod needs: " + mount.source);
  return held(kStep, "ABI " + std::to_string(landlock.abi) +
                         ": a file made outside cannot be read, emptied or "
                         "removed");
}

ShieldStep probe_write_alone(const PodPlan& plan, const PodLandlock& landlock) {
  constexpr const char* kStep = "write_outside";
  if (landlock.abi < kLandlockAbiAlone) return not_applied(kStep, "without Landlock nothing is read-only");
  std::size_t tried = 0;
  const auto writes = [&](const std::string& path) {
    ++tried;
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) return false;
    return S_ISDIR(status.st_mode) ? can_create_in(path) : opens(path, O_WRONLY);
  };
  for (const char* path : {"/tmp", "/var/tmp", "/dev/shm", "/run"})
    if (writes(path)) return open_gap(kStep, std::string("a file could be made in ") + path);
  for (const auto& dir : plan.spec.keep_out)
    if (writes(dir)) return open_gap(kStep, "a file could be made in " + dir);
  for (const auto& mount : plan.mounts)
    if (is_read_only(mount) && writes(mount.source))
      return open_gap(kStep, "could be written: " + mount.source);
  return held(kStep, std::to_string(tried) + " places refuse writing");
}

// /proc cannot be listed any more, so numbers are asked for.
ShieldStep probe_descriptors_alone(int channel) {
  constexpr int kAskedMax = 4096;
  for (int fd = 3; fd < kAskedMax; ++fd)
    if (fd != channel && ::fcntl(fd, F_GETFD) >= 0)
      return open_gap("descriptors", "one came in from outside: " + std::to_string(fd));
  return held("descriptors", "only standard input, output and error came in");
}

ShieldStep probe_capabilities_alone() {
  constexpr const char* kStep = "capabilities";
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return open_gap(kStep, "capget failed");
  for (const auto& word : data)
    if ((word.effective | word.permitted | word.inheritable) != 0) return open_gap(kStep, "some are left");
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return open_gap(kStep, "no_new_privs is off");
  const uid_t other = ::getuid() == 0 ? 1 : 0;
  if (::setresuid(other, other, other) == 0) return open_gap(kStep, "the user id could be changed");
  return held(kStep, "none, and no program gains any (no_new_privs)");
}

ShieldStep probe_scopes_alone(const PodCanary& canary, const PodLandlock& landlock) {
  constexpr const char* kStep = "landlock_scopes";
  if (!landlock.scopes)
    return not_applied(kStep, "Landlock ABI " + std::to_string(landlock.abi) +
                                  ", needs 6: this user's processes outside can be signalled");
  for (const pid_t pid : {canary.outside_pid, ::getppid()})
    if (::kill(pid, 0) == 0 || errno != EPERM) return open_gap(kStep, "a process outside can be signalled");
  return held(kStep, "signals stay inside");
}

ShieldStep probe_no_sockets() {
  constexpr const char* kStep = "own_tcp";
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}) {
    const os::Fd fd(::socket(family, family == AF_NETLINK ? SOCK_RAW : SOCK_STREAM, 0));
    if (fd || errno != EPERM) return open_gap(kStep, "a socket could be made");
  }
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0) {
    ::close(pair[0]);
    ::close(pair[1]);
    return open_gap(kStep, "a pair of datagram sockets, which reach others, could be made");
  }
  return held(kStep, "no socket of any family can be made");
}

ShieldStep probe_memory_alone(const PodCanary& canary, const PodLandlock& landlock) {
  if (landlock.abi == 0) return probe_tracing_calls();  // /proc is open, as all files are
  ShieldStep step = probe_other_processes();
  const std::string proc = "/proc/" + std::to_string(canary.outside_pid);
  for (const char* file : {"/mem", "/environ", "/maps", "/cmdline"})
    if (step.verified && opens(proc + file, O_RDONLY))
      return open_gap("tracing", "a process outside can be read: " + proc + file);
  return step;
}

}  // namespace

std::vector<ShieldStep> probe_pod_alone(const PodPlan& plan, const PodCanary& canary,
                                        const PodLandlock& landlock, const std::string& filter_refused,
                                        int channel) {
  std::vector<ShieldStep> steps = {
      not_applied("files_outside",
                  "the root directory is the host's: names, sizes and permissions can be seen, and "
                  "permissions, times and attributes of this user's files changed"),
      probe_write_alone(plan, landlock),
      not_applied("processes", "they are the host's: their numbers can be guessed")};
  if (filter_refused.empty()) {
    for (auto& step : {probe_host_loopback(canary), probe_pod_abstract_sockets(canary), probe_network_out(),
                       probe_no_sockets()})
      steps.push_back(step);
  } else {
    for (const char* name : {"host_loopback", "abstract_sockets", "network_out", "own_tcp"})
      steps.push_back(not_applied(name, filter_refused));
  }
  steps.push_back(probe_descriptors_alone(channel));
  steps.push_back(probe_capabilities_alone());
  steps.push_back(probe_landlock_alone(plan, canary, landlock));
  steps.push_back(probe_scopes_alone(canary, landlock));
  add_filter_steps(steps, filter_refused);
  for (auto& step : steps)
    if (step.name == "tracing" && step.applied) step = probe_memory_alone(canary, landlock);
  return steps;
}

}  // namespace weir::pod
