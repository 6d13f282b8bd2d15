// Whose words a prompt is: the user's, or those of a process that only says so.
//
//   const Voice voice = speakers.heard(event, peer, ancestry, runs);   // every hook call, in order of
//   arrival if (voice.speaker != Speaker::user) event.data.set("spoken_by", name(voice.speaker));
//   speakers.released(event, peer);                                    // a call of a tool may run
//
// Every process of the user can start the shim with a session's id. What it claims counts as typed by the
// user only if the kernel's view of it fits the agent's own hook, and nothing else does:
//
// 1. The session belongs to the process that its first event came from: the first ancestor of the hook that
//    is no shell. Another one is believed when that has gone (the session was resumed), or when it runs the
//    very same program of an agent (resumed in a second terminal).
// 2. Between that agent and the hook stands nothing, or only shells whose command line is the hook's own
//    command as `weir init` writes it (setup/hook_plan.h), of the same words.
// 3. The topmost process of the hook was not forked while a call was open that starts processes: a tool's
//    shell can become the hook (exec), and then stands where the hook would stand. Agents call the prompt
//    hook when the call has ended, also for what was typed while it ran (measured: Claude Code 2.1.330). In
//    spite of an open call it is believed when its standard output leads to the agent by a socket, as Claude
//    Code starts hooks: a tool's output goes to a file. And it is younger than a hook may be.
// 4. The agent itself was not started by another guarded agent: then that one wrote its prompt.
//
// What cannot be told apart is not believed. Without a lock that holds (a process of the same user can trace
// the agent) this is a seat-belt, like all ancestry: an MCP server that becomes the hook within 30 s of its
// start, and a process that has left its family and runs the agent's program, are not told apart.
//
// Processes are compared by when they were forked, (start, pid): no clock is read. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/runs.h"
#include "event/event.h"
#include "net/local_server.h"
#include "os/process.h"
#include "os/process_facts.h"

namespace weir::daemon {

enum class Speaker { user, agent, tool };
std::string_view name(Speaker speaker);

struct Voice {
  Speaker speaker = Speaker::user;
  std::string_view why;  // not the user's: in half a sentence
};

class Speakers {
 public:
  Speakers();

  // Notes whose session it is and which calls have ended. Only prompts are looked at closely; of other events
  // the voice says nothing. `ancestry`: Runs::lineage() of the peer.
  Voice heard(const event::Event& event, const net::Peer& peer, const std::vector<os::ProcessInfo>& ancestry,
              const Runs& runs);
  // The verdict lets this call run: from now on until its result a tool's process may begin.
  void released(const event::Event& event, const net::Peer& peer);

 private:
  struct Bound {
    ProcessKey process;
    std::optional<os::ProgramFile> program;
    bool known = false;  // a program that coding agents are
  };
  // When calls ran that start processes. Both ends are hooks' processes.
  struct Open {
    std::uint64_t call = 0;  // of its id, the begin of the digest; 0: it has none
    std::uint64_t from_ticks = 0;
    pid_t from_pid = 0;
    std::optional<ProcessKey> until;
  };
  struct Known {
    std::vector<Bound> agents;
    std::vector<Open> calls;                 // oldest first
    bool forgot = false;                     // a call was dropped that is open
    std::uint64_t unknown_before_ticks = 0;  // one was dropped that had ended by then
    std::uint64_t used = 0;
  };
  Known& known(const std::string& root, std::uint64_t now_ticks);
  static bool belongs(Known& session, const os::ProcessInfo& agent);
  bool ran_meanwhile(const Known& session, const os::ProcessInfo& top) const;
  static void ended(Known& session, std::optional<std::uint64_t> call, const os::ProcessInfo& top);
  static void drop_oldest(Known& session, std::uint64_t now_ticks);

  std::mutex mutex_;
  std::map<std::string, Known> sessions_;  // by root
  std::uint64_t clock_ = 0;
  // Which calls ran before is not known: the start of this process, or when a session had to be forgotten.
  std::uint64_t unknown_before_ticks_ = 0;
};

}  // namespace weir::daemon
