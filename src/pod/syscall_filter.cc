#include "pod/syscall_filter.h"

#include <asm/ioctls.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "os/files.h"

namespace weir::pod {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArch = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArch = 0;
#endif
constexpr std::uint32_t kX32Bit = 0x40000000;  // x32 calls carry the x86-64 architecture and this bit

using Program = std::vector<sock_filter>;

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refuse(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

sock_filter statement(std::uint16_t code, std::uint32_t k) {
  return {code, 0, 0, k};
}
sock_filter jump(std::uint16_t code, std::uint32_t k, std::uint8_t if_true, std::uint8_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | code | BPF_K), if_true, if_false, k};
}
sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
// The low half of argument `i`; both architectures known here are little-endian.
std::size_t low(int i) {
  return offsetof(seccomp_data, args) + static_cast<std::size_t>(i) * 8;
}
std::size_t high(int i) {
  return low(i) + 4;
}

// Invariant between rules: the accumulator holds the system call's number.
void begin(Program& program) {
  program.push_back(load(offsetof(seccomp_data, arch)));
  program.push_back(jump(BPF_JEQ, kArch, 1, 0));
  program.push_back(statement(BPF_RET | BPF_K, refuse(ENOSYS)));
  program.push_back(load(offsetof(seccomp_data, nr)));
#if defined(__x86_64__)
  program.push_back(jump(BPF_JGE, kX32Bit, 0, 1));
  program.push_back(statement(BPF_RET | BPF_K, refuse(ENOSYS)));
#endif
}

void refuse_call(Program& program, long number, int error = EPERM) {
  program.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 1));
  program.push_back(statement(BPF_RET | BPF_K, refuse(error)));
}

// Rules on arguments: `body` runs only for this call, ends in a return or falls through to allow.
void on_call(Program& program, long number, const Program& body) {
  program.push_back(
      jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, static_cast<std::uint8_t>(body.size() + 1)));
  program.insert(program.end(), body.begin(), body.end());
  program.push_back(statement(BPF_RET | BPF_K, kAllow));
}

// The kernel compares the ioctl command as 32 bits, so only the low half counts: a value with high bits set
// is the same command (the way past many published filters).
void refuse_terminal_input(Program& program) {
  on_call(program, SYS_ioctl,
          {load(low(1)), jump(BPF_JEQ, TIOCSTI, 1, 0), jump(BPF_JEQ, TIOCLINUX, 0, 1),
           statement(BPF_RET | BPF_K, refuse(EPERM))});
}

// prlimit64(pid, resource, new_limit, old_limit): pid 0 is the caller itself; reading is harmless.
void refuse_foreign_limits(Program& program) {
  on_call(program, SYS_prlimit64,
          {load(low(0)), jump(BPF_JEQ, 0, 5, 0), load(low(2)), jump(BPF_JEQ, 0, 0, 2), load(high(2)),
           jump(BPF_JEQ, 0, 1, 0), statement(BPF_RET | BPF_K, refuse(EPERM))});
}

constexpr std::uint32_t kNamespaceFlags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                          CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWTIME;

// CLONE_NEWTIME shares its bit with the exit signal of clone(2), where it does not exist.
void refuse_namespaces(Program& program) {
  const auto flags_rule = [](std::uint32_t flags) -> Program {
    return {load(low(0)), jump(BPF_JSET, flags, 0, 1), statement(BPF_RET | BPF_K, refuse(EPERM))};
  };
  on_call(program, SYS_unshare, flags_rule(kNamespaceFlags));
  on_call(program, SYS_clone, flags_rule(kNamespaceFlags & ~static_cast<std::uint32_t>(CLONE_NEWTIME)));
  refuse_call(program, SYS_clone3, ENOSYS);
}

Program build(SyscallFilter filter) {
  Program program;
  begin(program);
  refuse_terminal_input(program);
  refuse_foreign_limits(program);
  for (const long number : {SYS_open_by_handle_at, SYS_setns})
    refuse_call(program, number);
  if (filter == SyscallFilter::strict) {
    refuse_namespaces(program);
    for (const long number : {SYS_mount,
                              SYS_umount2,
                              SYS_pivot_root,
                              SYS_chroot,
                              SYS_open_tree,
                              SYS_move_mount,
                              SYS_fsopen,
                              SYS_fsconfig,
                              SYS_fsmount,
                              SYS_fspick,
                              SYS_mount_setattr,
                              SYS_ptrace,
                              SYS_process_vm_readv,
                              SYS_process_vm_writev,
                              SYS_pidfd_getfd,
                              SYS_kcmp,
                              SYS_io_uring_setup,
                              SYS_io_uring_enter,
                              SYS_io_uring_register,
                              SYS_keyctl,
                              SYS_add_key,
                              SYS_request_key,
                              SYS_bpf,
                              SYS_perf_event_open,
                              SYS_userfaultfd})
      refuse_call(program, number);
  }
  program.push_back(statement(BPF_RET | BPF_K, kAllow));
  return program;
}

}  // namespace

std::string_view name(SyscallFilter filter) {
  switch (filter) {
    case SyscallFilter::none:
      return "none";
    case SyscallFilter::outside:
      return "outside";
    case SyscallFilter::strict:
      return "strict";
  }
  return "none";
}

Status load_syscall_filter(SyscallFilter filter) {
  if (filter == SyscallFilter::none) return {};
  if (kArch == 0)
    return fail(ErrorCode::unavailable, "no system call filter for this architecture", "seccomp",
                "run without a filter");
  Program program = build(filter);
  const sock_fprog compiled{static_cast<unsigned short>(program.size()), program.data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &compiled) != 0) {
    Error error = os::errno_error("the system call filter was not accepted", "seccomp", errno);
    error.code = ErrorCode::unavailable;
    return std::unexpected(std::move(error));
  }
  return {};
}

}  // namespace weir::pod
