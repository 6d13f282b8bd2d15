// The paths that probes try: every hook that `weir init` installed, and the shim of this installation itself.
#pragma once

#include <vector>

#include "daemon/probes.h"
#include "os/xdg.h"

namespace weir::daemon {

std::vector<ProbePath> probe_paths(const os::Places& places);

// Where the shim of this installation lies: beside this program.
std::string shim_path();

}  // namespace weir::daemon
