// The launcher's end of a guarded run: the control connection that stays open as long as the run lives.
//
//   TRY(RunLink link, RunLink::open(places));
//   TRY_STATUS(link.begin({.id = id, .agent = "codex", .shield = report}));   // durable when it returns
//   for (;;) { RunNews news = link.poll(); … }                              // never blocks
//
// docs/formats/control.md has the lines. When the connection closes the run is over for the daemon: hooks of
// its processes are then judged like those of any other session.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/effect.h"
#include "net/local_client.h"
#include "os/xdg.h"

namespace weir::daemon {

struct RunStart {
  std::string id;  // UUIDv7
  std::string agent;
  bool observe = false;
  // "shielded" of a pod that was verified in full.
  std::string isolation = "same_user";
  Json shield;  // without a pod: pod::to_json of the report, or {"off": reason}
  // {"id","profile","process": number of its program outside,"report"}; null without one. The daemon then
  // looks at the pod's files, not the host's.
  Json pod;
  std::vector<std::string> warnings;
  std::vector<std::string> prompts;  // prompt_digest() of words of the command line
};

// One decision of this run.
struct RunDecision {
  std::string id;
  std::string session;
  std::string tool;         // "" for prompts and the like
  std::string tool_use_id;  // "" where the event has none
  std::string call;         // one printable line
  std::string verdict;
  std::string would;  // in mode observe: the verdict that enforcing would give
  std::string reason;
  std::string approval_id;
  bool approved = false;  // passes because a person said so
};

// Whether a connection may be made.
struct EffectNews {
  bool allow = false;
  bool of_agent = false;  // the agent's own process makes it
  bool brings = false;    // what is heard from there is a stranger's
};

struct RunNews {
  std::vector<RunDecision> decisions;
  std::vector<std::string> sessions;                       // roots of session trees, each told once
  std::vector<ProcessKey> agents;                          // that have called a hook, each told once
  std::optional<std::string> stop;                         // why a person stopped this run
  std::vector<std::pair<std::string, bool>> call_answers;  // tool_use_id, diverged
  std::map<std::uint64_t, EffectNews> effects;             // by the supervisor's number
  bool lost = false;                                       // the daemon has gone
};

class RunLink {
 public:
  static Result<RunLink> open(const os::Places& places);

  // Registers the run. Errors: `invalid`, `denied` inside another guarded run; `unavailable`.
  Status begin(const RunStart& start);
  // What came since; at most a few hundred lines at once.
  RunNews poll();
  // Asks whether a finished call was judged; the answer comes with poll().
  Status ask(const std::string& agent, const std::string& session, const std::string& root,
             const std::string& tool, const std::string& tool_use_id);
  // Asks whether a connection may be made; the answer comes with poll(), perhaps when a person has given it.
  Status effect(const Effect& effect);
  // What was heard from `place` can be in this file of the pod, or in files below this directory.
  Status holds(const std::string& path, bool below, const std::string& place);
  // For the record: a broken shield, the end of the run.
  Status tell(std::string_view command, Json facts);

  int fd() const { return client_.fd(); }
  bool lost() const { return lost_; }

 private:
  explicit RunLink(net::LocalClient client) : client_(std::move(client)) {}
  void take(const Json& line, RunNews& news);

  net::LocalClient client_;
  RunNews early_;  // what came before begin() was answered
  bool lost_ = false;
};

}  // namespace weir::daemon
