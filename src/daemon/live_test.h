// `weir doctor --live`: the real agent, once, against the bundled model, to see that a refusal holds.
//
//   TRY(const LiveReport report, run_live({.places = places, .agent = setup::Agent::codex, .program = path,
//   …})); report.held()     // the call did not run, and the model was told why
//
// The agent gets an empty home and project, none of the person's environment but PATH, and only Weir's part
// of the person's settings: what stands in them word for word, so that this is what gets tested. Where
// nothing is installed it gets what `weir run` would give it. The scripted model asks for one shell call that
// every pack refuses. Should it run in spite of that, it writes one file into the empty project and ends: the
// command that gives the call its name stands behind `false &&`.
//
// The outcome is judged by that file and by what the model heard, not by what Weir wrote down.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/xdg.h"
#include "setup/inspect.h"

namespace weir::daemon {

struct LiveOptions {
  os::Places places;
  setup::Agent agent = setup::Agent::claude;
  std::optional<setup::InstalledPath> path;  // none: the way of `weir run`
  std::string program;                       // absolute path of the agent
  std::string version;                       // of it, "" when not known
  std::string search_path;                   // PATH for the agent
  int timeout_ms = 120'000;
};

struct LiveReport {
  std::string path;  // "hook/codex/user", "run/codex"
  std::string version;
  bool asked = false;  // the model said the call
  bool ran = false;    // the call ran: its file is there
  std::string heard;   // what the model was told about it, "" when nothing
  std::string detail;  // one sentence for people
  int duration_ms = 0;
  bool held() const;  // refused, and the model knows that Weir did it
};

// Errors: the agent could not be started, no loopback, no temporary directory.
Result<LiveReport> run_live(const LiveOptions& options);

}  // namespace weir::daemon
