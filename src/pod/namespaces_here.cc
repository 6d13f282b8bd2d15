#include "pod/namespaces_here.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/bytes.h"
#include "os/files.h"
#include "pod/namespaces.h"
#include "pod/pod_mounts.h"

namespace weir::pod {
namespace {

std::string setting(const char* path) {
  constexpr std::size_t kBytesMax = 64;
  return std::string(trim(os::read_file(path, kBytesMax).value_or("")));
}

}  // namespace

bool namespaces_work() {
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    constexpr int kMore = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;
    if (!enter_user_and_mount_namespace() || ::unshare(kMore) != 0) ::_exit(1);
    // Processes of the new pid namespace may mount a new /proc, where the one that is there is whole.
    const pid_t first = ::fork();
    if (first == 0) ::_exit(hold_own_mounts() ? 0 : 1);
    int status = 1;
    while (first > 0 && ::waitpid(first, &status, 0) < 0 && errno == EINTR) {
    }
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  int status = 1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

NamespaceSwitches namespace_switches() {
  return {.max_user_namespaces = setting("/proc/sys/user/max_user_namespaces"),
          .unprivileged_userns_clone = setting("/proc/sys/kernel/unprivileged_userns_clone"),
          .apparmor_restricts = setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
          // docker and podman leave these; systemd and others say it to the first process alone.
          .in_container = os::exists("/.dockerenv") || os::exists("/run/.containerenv")};
}

std::string trouble_of(const NamespaceSwitches& switches) {
  if (switches.max_user_namespaces == "0") return "user.max_user_namespaces is 0";
  if (switches.unprivileged_userns_clone == "0") return "kernel.unprivileged_userns_clone is 0";
  if (switches.apparmor_restricts == "1") return "kernel.apparmor_restrict_unprivileged_userns is 1";
  if (switches.in_container) return "the container does not allow them";
  return {};
}

std::string remedy_of(const NamespaceSwitches& switches) {
  if (switches.max_user_namespaces == "0") return "sysctl user.max_user_namespaces=15000";
  if (switches.unprivileged_userns_clone == "0") return "sysctl kernel.unprivileged_userns_clone=1";
  if (switches.apparmor_restricts == "1")
    return "an AppArmor profile for weir with `userns,` (docs/pod.md), or sysctl "
           "kernel.apparmor_restrict_unprivileged_userns=0";
  if (switches.in_container)
    return "start the container with user namespaces and all of /proc: --security-opt seccomp=unconfined, "
           "--security-opt apparmor=unconfined and, of docker, --security-opt systempaths=unconfined, of "
           "podman, --security-opt unmask=ALL";
  return "allow unprivileged user namespaces (user.max_user_namespaces, kernel.unprivileged_userns_clone, "
         "AppArmor, SELinux, the container)";
}

std::string namespaces_trouble(const Error& why) {
  const std::string trouble = trouble_of(namespace_switches());
  return trouble.empty() ? printable(why.what + (why.where.empty() ? "" : ", " + why.where), 300) : trouble;
}

std::string namespaces_remedy() {
  return remedy_of(namespace_switches());
}

}  // namespace weir::pod
