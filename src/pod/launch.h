// Starts a program guarded and supervises it to its end: what `weir run` stands on.
//
//   pod::LaunchOptions options;
//   options.argv = {"claude", "--settings", settings};
//   options.env = env;                                    // exactly this environment
//   options.cwd = workspace;
//   options.shield = spec;                                // none: --no-shield
//   options.on_ready = [&](const pod::Started& s) -> Status {
//     // The shield stands and was tried; the agent has not run yet. Record first, then let it go.
//     return record(s.report ? to_json(*s.report) : Json());  // an Error here: the agent never starts
//   };
//   options.tick_ms = 50;
//   options.on_tick = [&](pod::Supervised& run) {
//     tail_transcript();
//     if (divergence) run.quarantine("a tool call without its hook event");
//   };
//   options.on_breach = [&](const std::vector<std::string>& what, pod::Supervised& run) { ... };
//   auto done = pod::launch(options);
//   if (!done && done.error().code == ErrorCode::unavailable) ...  // no user namespaces: suggest --no-shield
//   return done->exit.code;                               // the child's own, or 128 + signal
//
// The calling process becomes the supervisor until launch returns: a subreaper, so that orphans and daemons
// of the agent stay its descendants. It reaps every child of the process meanwhile; children that were there
// before are left running but their exit status is consumed. So start the daemon before, or detached. Call it
// from a process with one thread. Never throws; blocks the signals it forwards and restores all at the end.
//
// Signals: TERM, HUP, INT, QUIT, USR1, USR2 sent to the supervisor go on to the agent; those of the terminal
// reach the agent by itself (pod/terminal.h). Ctrl-Z stops both, and `fg` continues both. While the tree is
// frozen the terminal is ours, and INT, TERM, HUP or QUIT end the tree.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "os/process.h"
#include "pod/shield.h"
#include "pod/tree.h"

namespace weir::pod {

// The run as callbacks see it. Valid only inside a callback.
class Supervised {
 public:
  virtual ~Supervised() = default;
  virtual pid_t pid() const = 0;  // the agent's first process
  virtual const Tree& tree() const = 0;
  // Everything below the supervisor stops; `thaw` lets it go on. The result says who could not be stopped.
  virtual Result<TreeResult> quarantine(const std::string& why) = 0;
  virtual Result<TreeResult> thaw() = 0;
  // Everything below the supervisor ends now.
  virtual Result<TreeResult> kill(const std::string& why) = 0;
};

struct Started {
  pid_t pid = 0;
  std::optional<ShieldReport> report;  // none without a shield
};

struct LaunchOptions {
  std::vector<std::string> argv;  // argv[0] is looked up in the PATH of `env`
  std::map<std::string, std::string> env;
  std::string cwd;  // absolute
  std::optional<ShieldSpec> shield;
  int tick_ms = 100;           // on_tick comes at least this often, 1 to 10'000
  int breach_check_ms = 1000;  // how often the shield is looked at from outside; 0: never
  int grace_ms = 2000;         // what is left when the agent has ended gets TERM, and KILL after this
  std::vector<int> wake_fds;   // when one becomes readable, on_tick comes at once; not read here
  std::function<Status(const Started&)> on_ready;
  std::function<void(Supervised&)> on_tick;
  // The shield no longer holds as it was verified. Without a callback the tree is killed.
  std::function<void(const std::vector<std::string>&, Supervised&)> on_breach;
};

struct LaunchResult {
  os::Exit exit;  // of the agent's first process
  std::optional<ShieldReport> report;
  std::vector<TreeProcess> left_behind;  // still there when the agent had ended, and then ended by us
  std::vector<TreeProcess> survivors;    // would not end (another user's, or asleep in the kernel)
  std::vector<std::string> breaches;
  std::string ended_because;  // the reason given to kill() or quarantine(), "" when the agent ended by itself
  std::size_t orphans_reaped = 0;
};

// Errors, the program then has not run: `not_found` (no such program, no such directory), `unavailable` (the
// shield cannot be had here), `denied` (a probe got through the shield), `invalid` (a standard descriptor is
// a directory, a path of the shield is wrong), whatever on_ready answered, `internal`.
Result<LaunchResult> launch(const LaunchOptions& options);

}  // namespace weir::pod
