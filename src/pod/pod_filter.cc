#include "pod/pod_filter.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

#include "os/fd.h"
#include "os/files.h"

namespace weir::pod {
namespace {

static_assert(sizeof(BpfInstruction) == sizeof(sock_filter));

#if defined(__x86_64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArch = 0;
#endif

constexpr int kAfNetlink = 16;
constexpr int kAfMax = 46;  // of Linux 6.18; families from here on are refused, too
constexpr std::uint64_t kLow32 = 0xffffffff;

// By name, resolved by libseccomp; a call that an architecture does not have is left out by it.
// What Watch::files adds to a supervised pod: how data gets into and out of a program (pod/data_flow.h).
constexpr int kFileCalls[] = {SCMP_SYS(open),   SCMP_SYS(openat),   SCMP_SYS(openat2),   SCMP_SYS(creat),
                              SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link),
                              SCMP_SYS(linkat), SCMP_SYS(listen)};
// What Watch::lookups adds: every other call by which a program finds out whether a name is there.
constexpr int kLookups[] = {
    SCMP_SYS(stat),      SCMP_SYS(lstat),      SCMP_SYS(newfstatat), SCMP_SYS(statx),      SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),   SCMP_SYS(readlinkat), SCMP_SYS(chdir)};

constexpr int kRefused[] = {
    // other roots and namespaces
    SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(umount), SCMP_SYS(pivot_root),
    SCMP_SYS(chroot), SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(open_by_handle_at),
    // other processes
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp), SCMP_SYS(process_madvise),
    // wide doors into the kernel
    SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(fanotify_init), SCMP_SYS(keyctl),
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(lookup_dcookie), SCMP_SYS(nfsservctl),
    // the machine
    SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(create_module), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
    SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(quotactl_fd), SCMP_SYS(settimeofday), SCMP_SYS(stime),
    SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(syslog), SCMP_SYS(vhangup)};

constexpr std::uint64_t kNamespaceFlags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                             CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

std::unexpected<Error> unavailable(std::string what, int error_number) {
  Error error = os::errno_error(std::move(what), "seccomp", error_number);
  error.code = ErrorCode::unavailable;
  return std::unexpected(std::move(error));
}

// Collects the first failure of many rules.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx context) : context_(context) {}
  void refuse(int number, std::initializer_list<scmp_arg_cmp> arguments = {}, int error = EPERM) {
    if (failed_ != 0) return;
    failed_ = ::seccomp_rule_add_array(context_, SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), number,
                                       static_cast<unsigned>(arguments.size()), arguments.begin());
  }
  void tell(int number, std::initializer_list<scmp_arg_cmp> arguments = {}) {
    if (failed_ == 0)
      failed_ = ::seccomp_rule_add_array(context_, SCMP_ACT_NOTIFY, number,
                                         static_cast<unsigned>(arguments.size()), arguments.begin());
  }
  int failed() const { return failed_; }  // 0, or a negative errno

 private:
  scmp_filter_ctx context_;
  int failed_ = 0;
};

scmp_arg_cmp low_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void refuse_namespaces(Rules& rules) {
  for (const std::uint64_t flag : kNamespaceFlags) {
    rules.refuse(SCMP_SYS(unshare), {low_bits(0, flag, flag)});
    rules.refuse(SCMP_SYS(clone), {low_bits(0, flag, flag)});
  }
  // For clone(2) this bit is part of the exit signal and no namespace.
  rules.refuse(SCMP_SYS(unshare), {low_bits(0, CLONE_NEWTIME, CLONE_NEWTIME)});
  rules.refuse(SCMP_SYS(clone3), {}, ENOSYS);
}

// Families that are left: unix, inet, inet6, and of netlink the routing protocol, which tells programs their
// own interfaces.
void refuse_sockets(Rules& rules) {
  for (int family = 0; family < kAfMax; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == kAfNetlink) continue;
    rules.refuse(SCMP_SYS(socket), {{0, SCMP_CMP_EQ, static_cast<std::uint64_t>(family), 0}});
  }
  // Also everything with a bit above the 32 that the kernel reads.
  rules.refuse(SCMP_SYS(socket), {{0, SCMP_CMP_GE, kAfMax, 0}});
  rules.refuse(SCMP_SYS(socket), {{0, SCMP_CMP_EQ, kAfNetlink, 0}, {2, SCMP_CMP_NE, 0, 0}});
}

// Of inet families TCP, UDP and ICMP are left: Landlock's rights for TCP do not bind MPTCP, SCTP or DCCP.
void refuse_protocols(Rules& rules) {
  constexpr std::uint64_t kDccp = 33;
  constexpr std::uint64_t kL2tp = 115;
  constexpr std::uint64_t kSctp = 132;
  constexpr std::uint64_t kUdpLite = 136;
  for (const std::uint64_t family : {std::uint64_t{AF_INET}, std::uint64_t{AF_INET6}}) {
    for (const std::uint64_t protocol : {kDccp, kL2tp, kSctp, kUdpLite})
      rules.refuse(SCMP_SYS(socket), {{0, SCMP_CMP_EQ, family, 0}, low_bits(2, kLow32, protocol)});
    rules.refuse(SCMP_SYS(socket), {{0, SCMP_CMP_EQ, family, 0}, {2, SCMP_CMP_GT, kUdpLite, 0}});
  }
  rules.refuse(SCMP_SYS(socketpair), {{0, SCMP_CMP_NE, AF_UNIX, 0}});
}

// The pod's first process keeps its limits, and has the same user: its descriptors, its priority and its
// processor are not for others to take. A process group may reach out of the pod, where the terminal's is
// shared.
void refuse_starving(Rules& rules) {
  constexpr std::uint64_t kIoProcess = 1;  // IOPRIO_WHO_PROCESS; its group and user are 2 and 3
  for (const int call : {SCMP_SYS(prlimit64), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setparam),
                         SCMP_SYS(sched_setattr), SCMP_SYS(sched_setaffinity)})
    rules.refuse(call, {low_bits(0, kLow32, 1)});
  rules.refuse(SCMP_SYS(setpriority), {low_bits(0, kLow32, PRIO_PROCESS), low_bits(1, kLow32, 1)});
  rules.refuse(SCMP_SYS(ioprio_set), {low_bits(0, kLow32, kIoProcess), low_bits(1, kLow32, 1)});
  for (const std::uint64_t many : {std::uint64_t{PRIO_PGRP}, std::uint64_t{PRIO_USER}}) {
    rules.refuse(SCMP_SYS(setpriority), {low_bits(0, kLow32, many)});
    rules.refuse(SCMP_SYS(ioprio_set), {low_bits(0, kLow32, many + 1)});
  }
}

void refuse_terminal_input(Rules& rules) {
  for (const std::uint64_t command : {std::uint64_t{TIOCSTI}, std::uint64_t{TIOCLINUX}})
    rules.refuse(SCMP_SYS(ioctl), {low_bits(1, kLow32, command)});
}

// Unix sockets, too: Landlock lets every program connect to every path. Of pairs those of datagrams are
// refused: one of these can be sent anywhere (unix(7)), and SOCK_RAW is another word for it.
void refuse_all_sockets(Rules& rules) {
  constexpr std::uint64_t kTypeBits = 0xf;  // without SOCK_NONBLOCK and SOCK_CLOEXEC
  for (const int call : {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen)})
    rules.refuse(call);
  for (const std::uint64_t type : {std::uint64_t{SOCK_DGRAM}, std::uint64_t{SOCK_RAW}})
    rules.refuse(SCMP_SYS(socketpair), {low_bits(1, kTypeBits, type)});
  rules.refuse(SCMP_SYS(socketpair), {{0, SCMP_CMP_NE, AF_UNIX, 0}});
}

void refuse_what_is_shared(Rules& rules) {
  for (const int call : {SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(msgget),
                         SCMP_SYS(msgsnd), SCMP_SYS(msgrcv), SCMP_SYS(msgctl), SCMP_SYS(semget),
                         SCMP_SYS(semop), SCMP_SYS(semtimedop), SCMP_SYS(semctl), SCMP_SYS(mq_open),
                         SCMP_SYS(mq_unlink), SCMP_SYS(migrate_pages), SCMP_SYS(move_pages)})
    rules.refuse(call);
  for (const int call : {SCMP_SYS(prlimit64), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setparam),
                         SCMP_SYS(sched_setattr), SCMP_SYS(sched_setaffinity)})
    rules.refuse(call, {{0, SCMP_CMP_NE, 0, 0}});
  rules.refuse(SCMP_SYS(setpriority), {{1, SCMP_CMP_NE, 0, 0}});
  rules.refuse(SCMP_SYS(ioprio_set), {{1, SCMP_CMP_NE, 0, 0}});
}

// By name, as in kRefused; which arguments they have stands in direct_call.cc.
constexpr int kChangeFiles[] = {
    SCMP_SYS(creat),       SCMP_SYS(openat2),  SCMP_SYS(mkdir),     SCMP_SYS(mkdirat),
    SCMP_SYS(mknod),       SCMP_SYS(mknodat),  SCMP_SYS(unlink),    SCMP_SYS(unlinkat),
    SCMP_SYS(rmdir),       SCMP_SYS(rename),   SCMP_SYS(renameat),  SCMP_SYS(renameat2),
    SCMP_SYS(link),        SCMP_SYS(linkat),   SCMP_SYS(symlink),   SCMP_SYS(symlinkat),
    SCMP_SYS(truncate),    SCMP_SYS(chown),    SCMP_SYS(lchown),    SCMP_SYS(fchownat),
    SCMP_SYS(fchown),      SCMP_SYS(utime),    SCMP_SYS(utimes),    SCMP_SYS(futimesat),
    SCMP_SYS(utimensat),   SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(removexattr),
    SCMP_SYS(lremovexattr)};

// `opened`: every opening is told anyway.
void tell_file_changes(Rules& rules, bool opened) {
  constexpr std::uint64_t kTemporary = 020000000;  // __O_TMPFILE, without O_DIRECTORY
  constexpr std::uint64_t kSpecialBits[] = {04000, 02000};
  constexpr int kFchmodat2 = 452;  // younger than libseccomp 2.5
  for (const int call : kChangeFiles)
    rules.tell(call);
  for (const std::uint64_t flag : {std::uint64_t{O_WRONLY}, std::uint64_t{O_RDWR}, std::uint64_t{O_CREAT},
                                   std::uint64_t{O_TRUNC}, kTemporary}) {
    if (opened) break;
    rules.tell(SCMP_SYS(open), {low_bits(1, flag, flag)});
    rules.tell(SCMP_SYS(openat), {low_bits(2, flag, flag)});
  }
  rules.tell(SCMP_SYS(access), {low_bits(1, W_OK, W_OK)});
  rules.tell(SCMP_SYS(faccessat), {low_bits(2, W_OK, W_OK)});
  rules.tell(SCMP_SYS(faccessat2), {low_bits(2, W_OK, W_OK)});
  for (const std::uint64_t bit : kSpecialBits) {
    rules.refuse(SCMP_SYS(chmod), {low_bits(1, bit, bit)});
    rules.refuse(SCMP_SYS(fchmod), {low_bits(1, bit, bit)});
    for (const int call : {SCMP_SYS(fchmodat), kFchmodat2})
      rules.refuse(call, {low_bits(2, bit, bit)});
  }
  for (const int call : {SCMP_SYS(chmod), SCMP_SYS(fchmod)})
    rules.tell(call, {low_bits(1, 06000, 0)});
  for (const int call : {SCMP_SYS(fchmodat), kFchmodat2})
    rules.tell(call, {low_bits(2, 06000, 0)});
}

struct Release {
  void operator()(void* context) const { ::seccomp_release(context); }
};

// The program as libseccomp writes it, through a file in memory: version 2.5 exports to descriptors only.
Result<std::vector<BpfInstruction>> exported(scmp_filter_ctx context) {
  const os::Fd file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file) return unavailable("no memory for the filter", errno);
  if (const int failed = ::seccomp_export_bpf(context, file.get()); failed != 0)
    return unavailable("libseccomp cannot write the filter", -failed);
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  std::vector<BpfInstruction> program(static_cast<std::size_t>(size) / sizeof(BpfInstruction));
  const auto wanted = static_cast<ssize_t>(program.size() * sizeof(BpfInstruction));
  if (size <= 0 || ::pread(file.get(), program.data(), static_cast<std::size_t>(wanted), 0) != wanted)
    return unavailable("the filter cannot be read back", EIO);
  return program;
}

// Before libseccomp's part: calls of our architecture above the last reviewed number (the x32 ones of x86-64
// carry bit 30 and are above it, too). A range of numbers is what libseccomp has no words for.
std::vector<BpfInstruction> with_maximum(const std::vector<BpfInstruction>& program) {
  const auto load = [](std::size_t offset) {
    return BpfInstruction{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
  };
  std::vector<BpfInstruction> whole = {
      load(offsetof(seccomp_data, arch)),
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, kArch},
      load(offsetof(seccomp_data, nr)),
      {BPF_JMP | BPF_JGT | BPF_K, 0, 1, kReviewedSyscallMax},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
  };
  whole.insert(whole.end(), program.begin(), program.end());
  return whole;
}

Result<std::vector<BpfInstruction>> first_filter(bool has_namespaces) {
  if (kArch == 0) return unavailable("no filter was reviewed for this architecture", ENOTSUP);
  const std::unique_ptr<void, Release> context(::seccomp_init(SCMP_ACT_ALLOW));
  if (!context) return unavailable("libseccomp cannot begin", ENOMEM);
  if (::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) != 0)
    return unavailable("libseccomp cannot refuse foreign architectures", EINVAL);
  Rules rules(context.get());
  for (const int number : kRefused)
    rules.refuse(number);
  refuse_namespaces(rules);
  if (has_namespaces) {
    refuse_sockets(rules);
    refuse_protocols(rules);
  } else {
    refuse_all_sockets(rules);
    refuse_what_is_shared(rules);
  }
  refuse_starving(rules);
  refuse_terminal_input(rules);
  if (rules.failed() != 0) return unavailable("libseccomp refused a rule", -rules.failed());
  TRY(const std::vector<BpfInstruction> program, exported(context.get()));
  return with_maximum(program);
}

}  // namespace

Result<std::vector<BpfInstruction>> pod_filter() {
  return first_filter(true);
}

Result<std::vector<BpfInstruction>> sealed_filter() {
  return first_filter(false);
}

Result<std::vector<BpfInstruction>> supervised_filter(Watch watch, bool direct) {
  if (kArch == 0) return unavailable("no filter was reviewed for this architecture", ENOTSUP);
  const std::unique_ptr<void, Release> context(::seccomp_init(SCMP_ACT_ALLOW));
  if (!context) return unavailable("libseccomp cannot begin", ENOMEM);
  if (::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) != 0)
    return unavailable("libseccomp cannot refuse foreign architectures", EINVAL);
  Rules rules(context.get());
  for (const int call : {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(connect)})
    rules.tell(call);
  if (direct) tell_file_changes(rules, watch != Watch::none);
  if (watch != Watch::none)
    for (const int call : kFileCalls)
      if (!direct || std::ranges::find(kChangeFiles, call) == std::end(kChangeFiles)) rules.tell(call);
  if (watch == Watch::lookups)
    for (const int call : kLookups)
      rules.tell(call);
  rules.refuse(SCMP_SYS(setrlimit), {low_bits(0, kLow32, RLIMIT_RTTIME)});
  // prlimit64(pid, resource, new limit, old limit): reading is for everybody.
  rules.refuse(SCMP_SYS(prlimit64), {low_bits(1, kLow32, RLIMIT_RTTIME), {2, SCMP_CMP_NE, 0, 0}});
  if (rules.failed() != 0) return unavailable("libseccomp refused a rule", -rules.failed());
  return exported(context.get());
}

Status load_filter(std::vector<BpfInstruction> filter) {
  sock_fprog program{};
  program.len = static_cast<unsigned short>(filter.size());
  program.filter = reinterpret_cast<sock_filter*>(filter.data());
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    return unavailable("the system call filter was not accepted", errno);
  return {};
}

Result<os::Fd> load_notifying(std::vector<BpfInstruction> filter) {
  // Of a call that was received only fatal signals interrupt the wait (Linux 5.19): else a timer could make a
  // program repeat a connect that waits for an approval.
  constexpr unsigned kWaitKillable = 1U << 5;
  sock_fprog program{};
  program.len = static_cast<unsigned short>(filter.size());
  program.filter = reinterpret_cast<sock_filter*>(filter.data());
  const auto load = [&](unsigned flags) {
    return os::Fd(static_cast<int>(
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &program)));
  };
  os::Fd listener = load(kWaitKillable);
  if (!listener && errno == EINVAL) listener = load(0);
  if (!listener) return unavailable("this kernel cannot supervise a pod", errno);
  return listener;
}

}  // namespace weir::pod
