#include "gateway/egress_walls.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "os/fd.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::gateway {
namespace {

constexpr rlim_t kOpenFiles = 4096;     // two for each connection, and listeners
constexpr rlim_t kFileBytes = 4 << 20;  // of the one memory file that is written: the record

// <linux/landlock.h> of Debian 12 ends at ABI 2 (see pod/pod_landlock.cc).
struct RulesetAttr {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
struct __attribute__((packed)) PathBeneath {
  std::uint64_t allowed_access = 0;
  std::int32_t parent_fd = -1;
};
struct NetPort {
  std::uint64_t allowed_access = 0;
  std::uint64_t port = 0;
};
constexpr int kRulePathBeneath = 1;
constexpr int kRuleNetPort = 2;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDir = 1U << 3;
constexpr std::uint64_t kConnectTcp = 1U << 1;

RulesetAttr everything_of(long abi) {
  RulesetAttr attr;
  attr.handled_access_fs = (std::uint64_t{1} << 13) - 1;
  if (abi >= 2) attr.handled_access_fs |= 1U << 13;  // refer
  if (abi >= 3) attr.handled_access_fs |= 1U << 14;  // truncate
  if (abi >= 5) attr.handled_access_fs |= 1U << 15;  // ioctl of devices
  if (abi >= 4) attr.handled_access_net = 0b11;      // bind and connect
  if (abi >= 6) attr.scoped = 0b11;                  // abstract sockets, signals
  return attr;
}

// What name resolution reads: configuration, its modules, and what resolvers leave for it. /etc/resolv.conf
// is often a link to a file that is replaced while we run, so its directory is meant.
void let_read(int ruleset) {
  std::vector<std::string> paths = {"/etc",
                                    "/usr",
                                    "/lib",
                                    "/lib64",
                                    "/run/systemd",
                                    "/run/resolvconf",
                                    "/run/nscd",
                                    "/var/run/nscd",
                                    "/var/db",
                                    "/var/lib/sss",
                                    "/nix/store",
                                    "/proc/sys",
                                    "/sys/devices/system/cpu"};
  const std::string configured = os::resolve_path("/etc/resolv.conf");
  paths.push_back(configured.substr(0, configured.rfind('/')));
  for (const auto& path : paths) {
    const os::Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    const PathBeneath rule{kReadFile | kReadDir, fd.get()};
    if (fd) (void)::syscall(SYS_landlock_add_rule, ruleset, kRulePathBeneath, &rule, 0);
  }
}

void let_connect(int ruleset, const EgressPolicy& policy) {
  const auto allow = [&](std::uint16_t port) {
    const NetPort rule{kConnectTcp, port};
    (void)::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &rule, 0);
  };
  allow(kDnsPort);
  for (const auto& rule : policy.rules)
    std::ranges::for_each(rule.ports, allow);
  for (const auto& proxy : {policy.upstream.secure, policy.upstream.plain})
    if (proxy) allow(proxy->port);
}

bool enter_landlock(const EgressPolicy& policy) {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1U);
  if (abi < 1) return false;
  const RulesetAttr attr = everything_of(abi);
  // Older kernels refuse a structure that is longer than theirs and not empty at its end.
  const os::Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0)));
  if (!ruleset) return false;
  let_read(ruleset.get());
  if (abi >= 4) let_connect(ruleset.get(), policy);
  return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

bool enter_filter() {
  const std::unique_ptr<void, decltype(&::seccomp_release)> filter(::seccomp_init(SCMP_ACT_ALLOW),
                                                                   &::seccomp_release);
  if (!filter) return false;
  for (const int call : {SCMP_SYS(execve),
                         SCMP_SYS(execveat),
                         SCMP_SYS(fork),
                         SCMP_SYS(vfork),
                         SCMP_SYS(ptrace),
                         SCMP_SYS(process_vm_readv),
                         SCMP_SYS(process_vm_writev),
                         SCMP_SYS(pidfd_getfd),
                         SCMP_SYS(setns),
                         SCMP_SYS(unshare),
                         SCMP_SYS(mount),
                         SCMP_SYS(umount2),
                         SCMP_SYS(pivot_root),
                         SCMP_SYS(chroot),
                         SCMP_SYS(open_tree),
                         SCMP_SYS(move_mount),
                         SCMP_SYS(fsopen),
                         SCMP_SYS(fsmount),
                         SCMP_SYS(mount_setattr),
                         SCMP_SYS(open_by_handle_at),
                         SCMP_SYS(io_uring_setup),
                         SCMP_SYS(io_uring_enter),
                         SCMP_SYS(io_uring_register),
                         SCMP_SYS(bpf),
                         SCMP_SYS(perf_event_open),
                         SCMP_SYS(userfaultfd),
                         SCMP_SYS(fanotify_init),
                         SCMP_SYS(keyctl),
                         SCMP_SYS(add_key),
                         SCMP_SYS(request_key),
                         SCMP_SYS(init_module),
                         SCMP_SYS(finit_module)})
    if (::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0) != 0) return false;
  // Threads only; the flags of clone3 are in memory, where no filter reads, so glibc is sent to clone.
  const scmp_arg_cmp no_thread{.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = 0};
  return ::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
         ::seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, &no_thread) == 0 &&
         ::seccomp_load(filter.get()) == 0;
}

bool set_limits() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  files.rlim_cur = files.rlim_max = std::min(files.rlim_max, kOpenFiles);
  const rlimit none{0, 0};
  const rlimit bytes{kFileBytes, kFileBytes};
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0 && ::setrlimit(RLIMIT_CORE, &none) == 0 &&
         ::setrlimit(RLIMIT_FSIZE, &bytes) == 0;
}

}  // namespace

std::vector<std::string> enter_egress_walls(const EgressPolicy& policy) {
  std::vector<std::string> walls;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) walls.emplace_back("no_new_privs");
  os::harden_self();
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0) walls.emplace_back("not_dumpable");
  if (set_limits()) walls.emplace_back("limits");
  if (enter_landlock(policy)) walls.emplace_back("landlock");
  if (enter_filter()) walls.emplace_back("seccomp");
  return walls;
}

}  // namespace weir::gateway
