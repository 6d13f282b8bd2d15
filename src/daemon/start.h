// Makes sure that this person's daemon runs: used by `weir run` and `weir init`, never by a hook (it would
// inherit the agent's pipes, environment and shield).
//
//   TRY_STATUS(daemon::ensure_daemon({.places = places, .program = os::self_path()}));
//
// When the control socket answers, nothing is done. Else `weir daemon` is started in a session of its own,
// with a small environment and its log in <state>/daemon.log, and waited for. Two callers at once start one
// daemon: they take turns by a lock, and the second finds it running.
#pragma once

#include <string>

#include "base/result.h"
#include "os/xdg.h"

namespace weir::daemon {

struct StartOptions {
  os::Places places;
  std::string program;      // absolute path of weir
  int timeout_ms = 20'000;  // for the daemon to answer
};

// Where a daemon that was started so writes its log.
std::string daemon_log_file(const os::Places& places);

// true: it was started now; false: it ran already. Errors: `unavailable` with the last line of its log.
Result<bool> ensure_daemon(const StartOptions& options);

}  // namespace weir::daemon
