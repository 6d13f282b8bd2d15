// What `weir run` tells the person: decisions as they come, what happened to the run, the summary.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/json.h"
#include "cli/cli.h"
#include "daemon/run_watch.h"

namespace weir::cli {

// The pod that a run was in.
struct RunPod {
  std::string id;
  std::string profile;
  std::string level;     // "L3"
  bool changed = false;  // the workspace: the pod is kept for `weir diff`
  Json credentials;      // what they were used for, and placeholders that were misused; null for none
  Json egress;           // what was reached and refused; null without a way out
  Json direct = {};      // how the workspace itself was written, and what was refused; null without --direct
  Json published = {};   // at which ports of the host it was reached; null without --publish
};

struct RunEnd {
  std::string run;            // id
  int exit_code = 0;          // of weir run
  std::string ended_because;  // "" when the program ended by itself
  bool shield = false;        // the light one
  std::optional<RunPod> pod;
  bool observe = false;
  bool lost_daemon = false;
  bool transcript_expected = false;
  daemon::RunTotals totals;
};

Json to_json(const RunEnd& end);

// Lines go to standard error, one each, all beginning with "weir: ". While an interactive agent draws on the
// same terminal nothing may disturb it: then lines are kept and come with the summary.
class RunReport {
 public:
  // `live`: print decisions as they come. `quiet_terminal`: keep everything back until the end.
  RunReport(Context& context, bool live, bool quiet_terminal)
      : context_(context), live_(live), quiet_terminal_(quiet_terminal) {}

  void decision(const daemon::RunDecision& decision);
  void say(const std::string& text);     // kept back on a terminal that is in use
  void urgent(const std::string& text);  // at once: the agent has been frozen
  void summary(const RunEnd& end);

 private:
  void print(const std::string& text);

  Context& context_;
  bool live_;
  bool quiet_terminal_;
  std::vector<std::string> kept_;  // at most 1000
};

}  // namespace weir::cli
