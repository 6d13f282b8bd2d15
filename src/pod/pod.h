// Room `pod` (floor 6, rim): the OS plane, where an agent runs and what the kernel keeps from it.
//
//   launch.h         start an agent guarded, supervise it to its end: terminal, signals, orphans, exit code
//   shield.h         the light shield of `weir run`: Weir's own files, sockets and processes out of reach
//   pod_spec.h       what a full pod is, as values; plan_pod looks at the host and changes nothing
//   pod_launch.h     starts a program in a fresh pod: own root, network, processes; supervises it to its end
//   supervised_call.h  what a supervisor sees of programs and their connections, and what it is asked
//   way_out.h        how the supervisor and the egress proxy, which this room does not know, are joined
//   portal.h         what listens outside for a pod's published ports and passes on what comes
//   control_group.h  what the kernel counts for a pod as a whole, where a group can be had
//   pod_report.h     which walls held when they were tried from inside, and the level that follows
//   profile.h        what kinds of work need of a host (content/pods/*.yaml)
//   tree.h           a process tree as one thing: list, freeze, thaw, kill
//   doors.h          sockets that start work outside the shield, and are therefore hidden
//   mountinfo.h      the kernel's table of mounts as values
//   syscall_filter.h system calls that the shield refuses (seccomp BPF); the pod's are in pod_filter.h
//
// What a pod changed is room `changes`.
//
// The room knows nothing of agents, hooks or policies: paths, arguments and environment come in as values. A
// step that could not be taken is said, never passed over: reports hold what was *verified* by trying.
#pragma once
