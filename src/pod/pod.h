// Room `pod` (floor 6, rim): the OS plane, where an agent runs and what the kernel keeps from it.
//
//   launch.h         start an agent guarded, supervise it to its end: terminal, signals, orphans, exit code
//   shield.h         the light shield of `weir run`: Weir's own files, sockets and processes out of reach
//   tree.h           a process tree as one thing: list, freeze, thaw, kill
//   doors.h          sockets that start work outside the shield, and are therefore hidden
//   mountinfo.h      the kernel's table of mounts as values
//   syscall_filter.h system calls that the shield refuses (seccomp BPF)
//
// The room knows nothing of agents, hooks or policies: paths, arguments and environment come in as values. A
// step that could not be taken is said, never passed over: reports hold what was *verified* by trying.
#pragma once
