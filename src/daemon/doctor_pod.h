// The rows of `weir doctor` about the full pod: one is built here as `weir pod exec` would, tried and ended
// before any program runs in it.
#pragma once

#include <vector>

#include "daemon/doctor.h"

namespace weir::daemon {

// "pod <step>" for each wall (requested, kernel has, applied, verified), "pod limits", "pod level", "pod
// supervised" (one connection is really asked about and refused), "launcher ...", "bpf lsm". A
// throw-away directory below /tmp is its workspace.
std::vector<Check> pod_rows();

}  // namespace weir::daemon
