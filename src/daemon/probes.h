// Probes: harmless forbidden calls that Weir itself tries, to prove that a control is on.
//
// At start and every minute the daemon starts the real shim of each configured path with a call that every
// pack must refuse (it asks to switch Weir off), and looks whether the shim refuses; and it checks that the
// agent's settings still name that shim, unchanged. A path that did not refuse is an alarm in log, `weir
// status`, `weir doctor` and its exit code. What a probe saw is the `level.verified` of later Decisions:
// "shim"; a live test of the whole agent
// (`weir doctor --live`) makes it "agent".
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "os/log.h"

namespace weir::daemon {

// One way by which an agent reaches Weir.
struct ProbePath {
  std::string agent;     // "claude-code"
  std::string settings;  // the file that names the shim, "" for a bare shim
  std::string shim;
  std::string socket;
  std::string key;      // base64
  std::string problem;  // what the check of the settings found, "" when fine
};

struct ProbeResult {
  ProbePath path;
  bool refused = false;
  std::string detail;                // what happened instead
  std::int64_t tried_ns = 0;         // wall
  std::int64_t last_refused_ns = 0;  // wall; 0: never seen
  std::string level = "none";        // none, shim, agent
};

class Probes {
 public:
  using Paths = std::function<std::vector<ProbePath>()>;  // asked at every round
  using Recorded = std::function<void(const ProbeResult&)>;

  Probes(Paths paths, Recorded recorded, os::Log log);

  // Tries every path now; blocks while shims run (a few ms each).
  Json run_now();
  Json report() const;
  bool all_refused() const;
  // A live test saw the agent itself refuse.
  void note_agent_level(const std::string& agent, std::int64_t wall_ns);

 private:
  ProbeResult try_path(const ProbePath& path) const;

  Paths paths_;
  Recorded recorded_;
  os::Log log_;
  mutable std::mutex mutex_;
  std::vector<ProbeResult> results_;
};

// A payload of the agent's pre-tool hook that every pack refuses, and its event name. Marked as a probe by
// its session.
std::string probe_payload(const std::string& agent);

}  // namespace weir::daemon
