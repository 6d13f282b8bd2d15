// The stage: a throw-away directory with a Weir of its own, and scenarios played on it.
//
//   TRY(Stage stage, Stage::open({.program = os::self_path(), .hook = hook_path}));   // the daemon answers
//   TRY(ScenarioOutcome outcome, stage.play(scenario, director));
//   TRY(Closing closing, stage.close());                     // daemon ended, ledger verified
//
// Everything is real and as installed: the daemon is a child `weir daemon` with WEIR_HOME below the
// directory, the agent another child that calls weir-hook; verdicts and reasons are read from the store as
// `weir log` reads them. The directory is removed when the Stage goes, unless `keep`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "arena/child.h"
#include "arena/scenario.h"
#include "event/decision.h"
#include "ledger/verify.h"
#include "os/xdg.h"

namespace weir::arena {

class World;

struct StageOptions {
  std::string program;  // absolute path of weir
  std::string hook;     // absolute path of weir-hook
  std::string
      parent;  // where the directory is made; "": $TMPDIR or /tmp, whichever is short enough for a socket
  bool keep = false;
};

// One step as it came out.
struct StepOutcome {
  event::Decision decision;        // as the store has it
  int exit = -1;                   // of the hook
  std::string told;                // what the agent was told when refused
  bool ran = false;                // the agent ran the tool
  bool happened = false;           // by the side effect
  std::int64_t hook_ns = 0;        // hook process started to ended
  std::vector<std::string> wrong;  // what is not as the scenario expects; empty: all is well
};

struct ScenarioOutcome {
  std::vector<StepOutcome> steps;
  bool as_expected() const;
};

// Told while a scenario plays; any may be empty. A false answer stops the play.
struct Director {
  std::function<bool(const Step& step)> announced;  // the agent has spoken and is about to call
  std::function<bool(const Step& step, const StepOutcome& outcome)> judged;
};

struct Closing {
  ledger::VerifyReport ledger;
  std::vector<std::int64_t> decision_ns;  // request received to answer released, from the Receipts; sorted
  std::vector<std::int64_t> hook_ns;      // hook process started to ended; sorted
};

class Stage {
 public:
  static Result<Stage> open(const StageOptions& options);
  Stage(Stage&&) noexcept;
  ~Stage();

  // Errors: the daemon or the agent broke down; `unavailable` "stopped" when the director said so.
  Result<ScenarioOutcome> play(const Scenario& scenario, const Director& director);
  // Ends the daemon in order, then checks the whole ledger against the key that it had before the first call.
  Result<Closing> close();

  const std::string& directory() const;

 private:
  class Directory;
  explicit Stage(std::unique_ptr<Directory> directory, StageOptions options);
  Status start_daemon();
  Result<StepOutcome> play_step(World& world, const Step& step, const std::string& id, Child& agent,
                                const Director& director);
  Result<event::Decision> decision_of(const std::string& tool_use_id);

  // Destroyed in reverse: the daemon ends before its directory goes.
  std::unique_ptr<Directory> directory_;
  StageOptions options_;
  os::Places places_;
  std::string hook_key_;
  std::optional<ledger::VerifierKey> ledger_key_;
  std::optional<Child> daemon_;
  std::vector<std::int64_t> hook_ns_;
  std::set<std::string> decisions_;  // ids; the daemon's own probes are judged, too, and not counted
  int scenarios_ = 0;
};

}  // namespace weir::arena
