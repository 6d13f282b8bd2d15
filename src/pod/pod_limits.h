// The limits of a pod: what the kernel is told before the program starts, what is looked at while it runs,
// and who keeps which. Inside the room only.
//
//   processes    RLIMIT_NPROC, which Linux 5.14 and later count for each user namespace: exactly the pod.
//   Root is
//                not counted by the kernel, then the supervisor counts
//   open_files, file   RLIMIT_NOFILE, RLIMIT_FSIZE: of one process, one file
//   memory       the sum over all is looked at (RLIMIT_DATA would count what sanitizers only reserve); the
//   kernel
//                ends a pod's processes before others when the machine itself runs out (oom_score_adj)
//   cpu          RLIMIT_CPU bounds one process; the sum over all is looked at
//   disk         what the upper directories of overlays hold is looked at; tmpfs mounts have their own sizes
//   time         the supervisor ends the pod, which no process in it can prevent; on a terminal a program can
//                stop the supervisor with itself, then the pod's first process, which has stopped all, ends
//                it
//
// Memory, processes and processor time are looked at by the pod's first process, which sees exactly the pod;
// no process in the pod can signal, trace or starve it out of that. Disk is looked at from outside.
//
// Core dumps are off, also through a pipe: such a handler would run outside.
#pragma once

#include <sys/types.h>

#include <optional>

#include "pod/control_group.h"
#include "pod/pod_report.h"

namespace weir::pod {

// `kept`: by the pod's control group.
std::vector<LimitState> limit_states(const PodLimits& limits, uid_t uid, const GroupKept& kept);
// Without those that its control group keeps.
PodLimits not_kept(PodLimits limits, const GroupKept& kept);

// How they are kept without namespaces.
void tell_limits_alone(std::vector<LimitState>& limits, const GroupKept& kept);

// In the pod's first program, before exec.
Status apply_limits(const PodLimits& limits);

inline constexpr std::size_t kDiskEntriesMax = 1'000'000;  // looked at in one walk over upper directories

struct PodUsage {
  std::uint64_t memory_bytes = 0;  // private and shared, in memory; what is shared counts for each process
  std::uint64_t processes = 0;
  std::uint64_t cpu_ms = 0;
  std::uint64_t disk_bytes = 0;
};

// Must the pod's first process look at anything?
bool needs_looking(const PodLimits& limits);
// What runs in this pid namespace now, for its process 1, which is left out. Without `disk_bytes`. None when
// not even that process can be seen: then nobody is counted, and the pod must end.
std::optional<PodUsage> usage_here();
// The same of all processes below this one, without a pid namespace.
std::optional<PodUsage> usage_below(pid_t first);
// Allocated bytes below the directories; a directory that its owner has closed to himself is not seen. None
// when that cannot be told: nested too deep to be walked, more entries than the limit, an error.
std::optional<std::uint64_t> disk_usage(const std::vector<std::string>& dirs,
                                        std::size_t entries_max = kDiskEntriesMax);
// "memory: 700 MiB, the limit is 512 MiB"; none while everything is within its limit.
std::optional<std::string> exceeded(const PodLimits& limits, const PodUsage& usage);

}  // namespace weir::pod
