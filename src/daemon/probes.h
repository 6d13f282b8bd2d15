// Probes: harmless forbidden calls that Weir itself tries, to prove that a control is on.
//
// At start and every minute the daemon starts the shim of each path (probe_paths.h), with the command line
// that stands in the agent's settings, with a call that every pack must refuse (it asks to switch Weir off),
// and looks whether the shim refuses. Settings that no longer lead to the shim are a problem of the path. A
// path that did not refuse is an alarm in log, `weir status`, `weir doctor` and their exit codes.
//
// What was seen is the `level.verified` of later Decisions: "shim", or "agent" once `weir doctor --live` saw
// the whole agent refuse. When it was seen outlives the daemon: <state>/probes.json (docs/doctor.md). "agent"
// stands for the command line with which it was seen and falls with the first probe that is not refused. An
// agent that was seen to disobey is an alarm until a live test of that path succeeds: the shim cannot know
// why its agent did not ask.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "os/log.h"

namespace weir::daemon {

// The session of every probe, and the root of its session tree: kept out of people's views.
inline constexpr std::string_view kProbeSession = "weir-probe";
bool is_probe_root(std::string_view root);

// One way by which an agent reaches Weir.
struct ProbePath {
  std::string name;                  // "hook/claude-code/user", "run/codex"
  std::string agent;                 // "claude-code"; "" when that is not known
  std::string settings;              // the file that names the shim; "" for `weir run`
  std::vector<std::string> command;  // what is started before a tool call
  std::string problem;               // what the check of the settings found, "" when fine
};

struct ProbeResult {
  ProbePath path;
  bool refused = false;
  std::string detail;                // what happened instead
  std::int64_t tried_ns = 0;         // wall
  std::int64_t last_refused_ns = 0;  // wall; 0: never seen
  std::int64_t last_agent_ns = 0;    // wall, seen through the agent; 0: never
  std::string agent_version;         // of the agent that was seen, "" when never
  std::string level = "none";        // none, shim, agent
  std::string live_failure;          // a live test was not refused, and none was since; "" otherwise
};

// What `weir doctor --live` saw of one path.
struct LiveSighting {
  std::string path;  // ProbePath::name
  std::string version;
  bool refused = false;
  std::string detail;
  std::int64_t wall_ns = 0;
};

struct ProbeOptions {
  std::string state_file;  // "": nothing is kept
  bool observe = false;    // the daemon refuses nothing: said in the detail of the alarm
};

class Probes {
 public:
  using Paths = std::function<std::vector<ProbePath>()>;  // asked at every round
  // Told of every result, with the level at which that agent's paths stand as a whole.
  using Recorded = std::function<void(const ProbeResult&, const std::string& agent_level)>;

  Probes(ProbeOptions options, Paths paths, Recorded recorded, os::Log log);

  // Tries every path now; blocks while shims run (a few ms each).
  Json run_now();
  Json report() const;
  bool all_refused() const;
  // A sighting of an agent that really was asked. Error not_found when no such path was probed yet.
  Status note_live(const LiveSighting& seen);

 private:
  ProbeResult try_path(const ProbePath& path) const;
  void remember(ProbeResult& fresh) const;
  std::string agent_level(const std::string& agent) const;
  void load();
  void save() const;

  ProbeOptions options_;
  Paths paths_;
  Recorded recorded_;
  os::Log log_;
  std::mutex round_;          // one round at a time
  mutable std::mutex mutex_;  // guards results_
  std::vector<ProbeResult> results_;
};

// A payload of the agent's pre-tool hook that every pack refuses. Marked as a probe by its session.
std::string probe_payload(const std::string& agent);

}  // namespace weir::daemon
