// System calls that the shield refuses: a seccomp filter as classic BPF (seccomp(2)), written by hand because
// it is one short table; the full pod generates its filter with libseccomp.
//
//   outside   what reaches past the shield whatever the mounts say: typing into the terminal that outlives
//   the
//             run (TIOCSTI, TIOCLINUX), lowering resource limits of outside processes (prlimit64 on another
//             pid), opening files by handle past every mount (open_by_handle_at), entering other namespaces
//             (setns), calls of a foreign architecture that would dodge the table
//   strict    besides: making namespaces (unshare, clone with namespace flags), the mount calls, chroot,
//             ptrace, process_vm_*, pidfd_getfd, kcmp, io_uring, keyrings, bpf, perf_event_open, userfaultfd.
//             An agent's own sandbox (bubblewrap), debuggers and strace then stop working
//
// A refused call answers EPERM; clone3, whose flags a filter cannot read, answers ENOSYS in `strict`, so that
// libraries fall back to clone; a foreign architecture answers ENOSYS.
#pragma once

#include <string_view>

#include "base/result.h"

namespace weir::pod {

enum class SyscallFilter { none, outside, strict };
std::string_view name(SyscallFilter filter);

// Loads the filter for this process and all that it starts. Needs no_new_privs. Error `unavailable` where the
// kernel has no seccomp or the architecture is not known here.
Status load_syscall_filter(SyscallFilter filter);

}  // namespace weir::pod
