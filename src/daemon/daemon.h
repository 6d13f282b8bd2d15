// Room `daemon` (floor 8, rim): the composition root. Wires rooms, serves the two local sockets, keeps time.
//
//   hook call ─ LocalServer ─▶ Engine: parse ─▶ strand of the session tree: Guard ─▶ Committer: store +
//   fdatasync
//             ◀─ signed answer ────────────────────────────────────────────────────── durable ─▶ ledger,
//             checkpoint
//
//   engine.h     one hook call from bytes to answer      committer.h   group commit, ledger, checkpoints
//   strands.h    one queue per session tree              control.h     what the control socket understands
//   observer.h   answers the core's questions            probes.h      proves that controls are on
//   runs.h       guarded runs and their processes        pack_loader.h policies in force
//   keys.h       hook key, PIN                           replay.h      recorded sessions through the guard
//   again
//   anomalies.h  what is unusual about a call, and what was learned of agents
//   planner.h    a program of the user's that says what a prompt asks for
//
//   TRY(auto daemon, Daemon::start({.places = os::places()}));
//   daemon->run();      // until stop(); then everything answered is in the ledger and a checkpoint is signed
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "os/log.h"
#include "os/xdg.h"

namespace weir::daemon {

struct DaemonOptions {
  os::Places places;
  bool observe = false;  // mode of sessions that nobody registered otherwise
  std::string isolation = "same_user";
  bool probes = true;
  int probe_interval_s = 60;
  double alerts_per_day = 3;      // of unusual calls (detect/anomaly.h); 0: they are not looked for
  int learned_interval_s = 300;   // what was learned of agents is written down so often
  std::string patterns_dir = {};  // of compiled patterns (pattern_files.h); "": below the state directory
  os::Log log = os::Log::none();
};

class Daemon {
 public:
  static Result<std::unique_ptr<Daemon>> start(const DaemonOptions& options);
  ~Daemon();

  // Serves until stop(). Returns an Error when the last commits or the checkpoint failed.
  Status run();
  void stop();  // from any thread; from a signal handler too

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir::daemon
