// The second wall behind the mounts: Landlock (landlock(7)) with rights for exactly what the pod's mounts
// show, and for nothing else, at the highest ABI of the running kernel. Inside the room only.
//
//   ABI 1 files   2 rename between directories   3 truncate   4 TCP ports   5 ioctl on devices
//   6 scopes: signals to and abstract sockets of processes outside
//
// Later ABIs add nothing that this wall uses; what is newer than the table is not asked for.
#pragma once

#include "pod/pod_spec.h"

namespace weir::pod {

struct PodLandlock {
  int abi = 0;          // 0: the kernel has none; nothing was done
  bool tcp = false;     // TCP is refused
  bool scopes = false;  // signals and abstract sockets stay inside
};

// Without namespaces (plan.launcher landlock) it is the first wall, the host's root directory behind it:
// rights for the plan's sources only, of /dev for a few files, and of /proc for what tells nothing of
// processes.
inline constexpr int kLandlockAbiAlone = 3;  // below it a file can be emptied by its path: truncate(2)

// For this process and all that it starts, for good. Paths are those inside the pod, whose root must stand.
// Needs no_new_privs. Error `unavailable` when the kernel has Landlock and refuses the rules.
Result<PodLandlock> enter_pod_landlock(const PodPlan& plan);

}  // namespace weir::pod
