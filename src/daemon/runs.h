// Which processes belong to guarded agents, and which runs a launcher has registered.
//
// A hook call names its own process (SO_PEERCRED). Above it in the process tree stands the agent; above that
// perhaps a `weir run` that registered before it started the agent. From this follow the mode of the session,
// and who may not approve: a peer of the control socket whose ancestry reaches a guarded agent.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/file_view.h"
#include "os/process.h"

namespace weir::daemon {

struct ProcessKey {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  auto operator<=>(const ProcessKey&) const = default;
};

struct Run {
  std::string id;  // UUIDv7
  pid_t pid = 0;   // of `weir run`
  std::uint64_t start_ticks = 0;
  bool observe = false;
  std::string isolation;  // as verified by the launcher: same_user or shielded
  os::FileView view;      // the files as its processes see them: in a pod not those of the host
  std::string agent;
  std::uint64_t connection = 0;    // its open control connection
  std::set<std::string> sessions;  // roots of the session trees seen in it
  std::set<ProcessKey> agents;     // that have called a hook
  // prompt_digest() of what the person may have given as a prompt on the command line.
  std::shared_ptr<const std::set<std::string>> prompts;
};

// By the short name of a process: a program that coding agents are; a shell or the like that stands between
// an agent and its hook.
bool is_agent(std::string_view name);
bool stands_between(std::string_view name);

// By it the launcher names a prompt to the daemon: agents drop blanks around what they were given.
std::string prompt_digest(std::string_view prompt);

class Runs {
 public:
  void add(const Run& run);
  void remove(std::uint64_t connection);
  std::vector<Run> list() const;
  // A hook call of this run named a session tree; true when it is new. Bounded: the first 1024 are kept.
  bool note_session(std::uint64_t connection, const std::string& root);
  // An agent of this run has called a hook; true when it is new. The same bound.
  bool note_agent_of(std::uint64_t connection, const ProcessKey& agent);

  // The ancestry of a hook process as far as run_of() and note_agent() need it: to the agent, and on to a
  // registered run only while there are any. Reading one process costs some 20 µs on the path of every
  // verdict.
  std::vector<os::ProcessInfo> lineage(pid_t pid) const;

  // The run a process belongs to, if any.
  std::optional<Run> run_of(const std::vector<os::ProcessInfo>& ancestry) const;

  // The agent that started a hook process: its first ancestor that is no shell. Remembered as
  // guarded.
  std::optional<ProcessKey> note_agent(const std::vector<os::ProcessInfo>& ancestry);
  // Is one of these an agent that has called a hook?
  bool has_agent(const std::vector<os::ProcessInfo>& ancestry) const;
  bool is_agent_process(const ProcessKey& process) const;
  // Does the ancestry reach a guarded agent or registered run?
  bool is_guarded(const std::vector<os::ProcessInfo>& ancestry) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Run> runs_;  // by connection
  std::set<ProcessKey> agents_;
  std::vector<ProcessKey> agents_order_;
};

}  // namespace weir::daemon
