#include "pod/namespaces.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "os/fd.h"
#include "os/files.h"

namespace weir::pod {
namespace {

constexpr const char* kHint =
    "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "user.max_user_namespaces, on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or run with "
    "--no-shield and have it recorded";

std::unexpected<Error> unavailable(std::string what, std::string where, int error_number) {
  Error error = os::errno_error(std::move(what), std::move(where), error_number);
  error.code = ErrorCode::unavailable;
  error.hint = kHint;
  return std::unexpected(std::move(error));
}

// These files take one write; a second is refused.
Status write_proc(const char* path, const std::string& text) {
  const os::Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (!fd) return unavailable("cannot map the user id", path, errno);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return unavailable("cannot map the user id", path, errno);
  return {};
}

Status prctl_error(const char* what) {
  return std::unexpected(os::errno_error(what, "prctl", errno));
}

Status clear_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &header, nothing) != 0)
    return std::unexpected(os::errno_error("cannot give up capabilities", "capset", errno));
  return {};
}

}  // namespace

Status enter_user_and_mount_namespace() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return unavailable("user namespaces are not available", "unshare", errno);
  // A gid may be mapped without privilege only after setgroups is given up (user_namespaces(7)).
  TRY_STATUS(write_proc("/proc/self/setgroups", "deny"));
  TRY_STATUS(write_proc("/proc/self/uid_map", uid + " " + uid + " 1"));
  TRY_STATUS(write_proc("/proc/self/gid_map", gid + " " + gid + " 1"));
  return {};
}

Status make_mounts_private() {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return unavailable("the mounts cannot be made private", "/", errno);
  return {};
}

Status drop_capabilities() {
  constexpr unsigned long kBits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                  SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (::prctl(PR_SET_SECUREBITS, kBits, 0, 0, 0) != 0) return prctl_error("cannot lock the secure bits");
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
      return prctl_error("cannot empty the capability bounding set");
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return clear_capabilities();
}

Status give_up_capabilities() {
  return ::prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) == 0 ? drop_capabilities() : clear_capabilities();
}

Status set_no_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return prctl_error("cannot set no_new_privs");
  return {};
}

}  // namespace weir::pod
