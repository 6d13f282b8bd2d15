// Which paths are probed: each path that `weir init` installed, with exactly the command line that stands in
// the agent's settings, and for each agent the path that `weir run` uses.
//
//   hook/claude-code/user      hook/codex/project:/srv/app      as setup::InstalledPath::name()
//   run/claude-code            run/codex                        the shim beside weir, as `weir run` names it
#pragma once

#include <vector>

#include "daemon/probes.h"
#include "os/xdg.h"
#include "setup/inspect.h"

namespace weir::daemon {

// weir-hook beside this program, as packages and builds put it.
std::string shim_path();

// Reads the record of installs and the settings files anew, so that a change is seen at the next round.
std::vector<ProbePath> probe_paths(const os::Places& places);

// The words with which the agent starts the shim before a tool call, from the settings as they are now. Error
// when the settings name no hook of Weir's, or not the one that was installed: a stranger's program of that
// name must not be started by a probe.
Result<std::vector<std::string>> installed_command(const setup::InstalledPath& path);

// What is wrong with an installed path, strongest first, as seen from that path: its own settings directory
// counts, not the one of this process's environment.
std::vector<event::Finding> path_findings(const setup::InstalledPath& path, const os::Places& places);

}  // namespace weir::daemon
