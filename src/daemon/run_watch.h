// What is known of a guarded run while it goes on: its decisions, its sessions, and tool calls that the
// agent's transcript shows as done although no hook asked about them.
//
//   RunWatch watch(link, {.agent = "codex", .cwd = cwd, .tail = …});
//   RunStep step = watch.step();              // often; never blocks for long
//   if (step.divergence) quarantine(…);
//   RunStep last = watch.finish();            // the agent has ended: everything that is left
//
// A finished call gets some time (grace_ms) in which its decision may still arrive; then the daemon is asked,
// which knows every call that came through a hook of that session and stops the session when this one did
// not. Only calls of sessions of this run are asked about: those whose hooks the daemon has seen below this
// launcher. When no hook of this run was ever seen, a new transcript with this run's working directory counts
// as its own: then the hooks are off altogether.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/run_link.h"
#include "daemon/transcript_tail.h"

namespace weir::daemon {

struct WatchOptions {
  std::string cwd;
  std::optional<TailOptions> tail;  // none: no transcript is known for this program
  int grace_ms = 2000;
  // Nothing is stopped: the daemon is not asked, a call without a decision is reported as it is.
  bool observe = false;
};

struct RunTotals {
  std::uint64_t calls = 0;    // tool calls judged
  std::uint64_t refused = 0;  // deny, guide, quarantine
  std::uint64_t asked = 0;
  std::uint64_t would_refuse = 0;  // mode observe: what enforcing would have refused or asked
  std::uint64_t divergences = 0;   // calls past their hook; connections that no call explains
  std::vector<std::string> held;   // approval ids that nobody has used, newest last; at most 100
  std::set<std::string> sessions;
  std::size_t transcripts = 0;  // files read
};

struct RunStep {
  std::vector<RunDecision> decisions;
  std::optional<std::string> stop;              // why a person stopped this run
  std::optional<FinishedCall> divergence;       // a call that ran without its hook
  std::map<std::uint64_t, EffectNews> effects;  // answers to RunLink::effect()
  std::vector<ProcessKey> agents;               // of the run, that have called a hook, each told once
  bool lost_now = false;                        // the daemon has gone, told once
};

class RunWatch {
 public:
  // `link` must outlive it.
  RunWatch(RunLink& link, WatchOptions options);

  RunStep step();
  // Reads the transcripts to their end and waits up to `timeout_ms` for the daemon's answers.
  RunStep finish(int timeout_ms);

  const RunTotals& totals() const { return totals_; }

 private:
  struct Pending {
    FinishedCall call;
    std::int64_t since_ns = 0;
    bool asked = false;
  };
  void take(RunNews news, RunStep& step);
  void count(const RunDecision& decision);
  void add_finished(bool everything);
  void ask(std::int64_t grace_ns, RunStep& step);
  bool is_ours(const FinishedCall& call) const;

  RunLink& link_;
  WatchOptions options_;
  std::unique_ptr<TranscriptTail> tail_;
  std::map<std::string, bool> judged_;  // tool_use_id → a person approved it
  std::map<std::string, Pending> pending_;
  RunTotals totals_;
  bool told_lost_ = false;
};

}  // namespace weir::daemon
