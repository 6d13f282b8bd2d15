// Namespaces around a test: whatever a probe does when the thing under test fails, it does it here and is
// gone with it.
//
//   if (const auto why = support::no_user_namespaces(); !why.empty()) GTEST_SKIP() << why;
//   EXPECT_EQ(support::in_own_namespaces([&]() -> std::string { … return ""; }), "");
//
// What a mount or a limit takes away from a host is taken away in there. Nothing of Weir's own is used to
// make them.
#pragma once

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include "os/fd.h"
#include "os/process.h"
#include "support/processes.h"

namespace weir::support {

// "" where an ordinary user can have namespaces; else the reason to skip.
inline std::string no_user_namespaces() {
  const auto tried = os::run_child({.argv = {"unshare", "-Urmpfn", "true"}});
  return tried && tried->exit.code == 0 ? "" : "this machine has no unprivileged user namespaces";
}

inline bool write_text(const char* path, const std::string& text) {
  const os::Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// This process becomes root in a new user namespace, and its next children in these others (CLONE_NEW…). It
// must have one thread. "", or what is wrong.
inline std::string enter_namespaces(int others) {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | others) != 0) return std::string("unshare: ") + std::strerror(errno);
  if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", "0 " + uid + " 1") ||
      !write_text("/proc/self/gid_map", "0 " + gid + " 1"))
    return "no id map";
  return "";
}

inline bool raise_loopback() {
  const os::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  if (::ioctl(any.get(), SIOCGIFFLAGS, &loopback) != 0) return false;
  loopback.ifr_flags |= IFF_UP;
  return ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0;
}

// Runs `work` as the first process of user, mount, pid, network, ipc and uts namespaces, root in them,
// loopback up, own /proc. What it answers, "" being right, or why there are none.
inline std::string in_own_namespaces(const std::function<std::string()>& work) {
  return said_by_child([&]() -> std::string {
    const std::string wrong =
        enter_namespaces(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
    if (!wrong.empty()) return wrong;
    return said_by_child([&]() -> std::string {
      if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("proc", "/proc", "proc", 0, nullptr) != 0 || !raise_loopback())
        return "no namespaces to test in";
      return work();
    });
  });
}

}  // namespace weir::support
