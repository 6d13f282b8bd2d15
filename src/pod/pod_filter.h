// The pod's system call filter: what no build, test or agent needs and what most escapes begin with.
// Generated with libseccomp, loaded by seccomp(2) itself, so that flags libseccomp does not know can be
// given.
//
//   refused with EPERM   namespaces (unshare, setns, clone with their flags), the mount calls, pivot_root,
//   chroot;
//                        ptrace, process_vm_*, pidfd_getfd, kcmp, process_madvise; io_uring; bpf,
//                        perf_event_open, userfaultfd; keyrings; open_by_handle_at; kexec, modules, reboot,
//                        swap, clocks, quotas, I/O ports, fanotify_init; sockets of all families but unix,
//                        inet, inet6 and netlink/route; typing into a terminal (TIOCSTI, TIOCLINUX)
//   answered ENOSYS      clone3, whose flags a filter cannot read (libraries fall back to clone); calls of a
//                        foreign architecture; numbers above the last one that was reviewed
//
// Arguments that the kernel reads as 32 bits are compared as 32 bits: (1 << 32) | AF_VSOCK is AF_VSOCK.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

// Numbers of system calls above this one are new to us and therefore not there. 466: removexattrat of Linux
// 6.13, the last one reviewed; from 424 on all architectures share one numbering.
inline constexpr std::uint32_t kReviewedSyscallMax = 466;

// One instruction of classic BPF, as struct sock_filter of <linux/filter.h>.
struct BpfInstruction {
  std::uint16_t code = 0;
  std::uint8_t jump_true = 0;
  std::uint8_t jump_false = 0;
  std::uint32_t k = 0;
};

// Error `unavailable` on an architecture that was not reviewed or when libseccomp fails.
Result<std::vector<BpfInstruction>> pod_filter();

// The same for a program that has no namespaces of its own: also refused is what only they would keep inside.
// Sockets of every family (a path leads to every service of this user), connected pairs of streams are left;
// System V and POSIX message queues, semaphores and shared memory; limits, priority and processor of any
// process but the caller.
Result<std::vector<BpfInstruction>> sealed_filter();

// The second filter of a supervised pod: execve, execveat, connect and what `watch` adds wait for the
// supervisor's word (seccomp user notification), and RLIMIT_RTTIME, in which it keeps its marks (lineage.h),
// cannot be set. A filter of its own, since it is loaded when everything has been tried and the supervisor
// serves; the first one refuses what it refuses all the same: of two answers the kernel takes the stricter
// one. `direct`: calls that change files by name wait too (direct.h), of those that open one only with flags
// to write or make it; and EPERM for set-user-ID and set-group-ID bits, which a program could give to a file
// that it got from the supervisor.
Result<std::vector<BpfInstruction>> supervised_filter(Watch watch = Watch::none, bool direct = false);

// For this process and all that it starts, for good. Needs no_new_privs. Error `unavailable`.
Status load_filter(std::vector<BpfInstruction> filter);
// The same of supervised_filter(). The descriptor is the supervisor's end: once nobody has it open, the calls
// answer ENOSYS.
Result<os::Fd> load_notifying(std::vector<BpfInstruction> filter);

}  // namespace weir::pod
