// The pod's own root directory, made in a user and mount namespace that this process has just entered and of
// which it still has all capabilities. Inside the room only.
//
//   1. everything the plan names is taken hold of as a detached mount, while the host's paths still resolve
//   2. an empty tmpfs becomes the root; each mount is moved to its place in it, and nothing else
//   3. the root becomes read-only, pivot_root(2) makes it the root of the namespace, the host's is detached
//
// Everything by the mount API of Linux 5.2 and mount_setattr(2) of 5.12: descriptors instead of paths, so
// that no name is resolved twice.
#pragma once

#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

// Errors `unavailable` name the path and what the kernel said. After an Error the process must end.

// A detached mount and where it will be.
struct HeldMount {
  os::Fd tree;
  std::string at;
  bool is_dir = true;
};
// What every pod has and no plan is needed for: /proc, /dev. Makes the mounts of the namespace private first.
Result<std::vector<HeldMount>> hold_own_mounts();
Status build_pod_root(const PodPlan& plan, const std::vector<HeldMount>& own);

// The pod's loopback interface up, its host name set: for the same moment.
Status set_up_loopback();
Status set_host_name(const std::string& hostname);

}  // namespace weir::pod
