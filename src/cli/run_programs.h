// Which programs of a guarded agent's pod the daemon is asked about before they begin (docs/divergence.md).
//
//   if (programs.asks(call.process)) …link.effect(…)…      // and when it was allowed:
//   programs.allowed(process);
//
// A build starts thousands: of each branch (a process that the agent itself started) every program is asked
// about once, and again only where its arguments say that it does something beyond the pod. Programs that are
// not below the agent are nobody's question.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "daemon/effect.h"
#include "pod/supervised_call.h"
#include "shell/command_table.h"

namespace weir::cli {

class RunPrograms {
 public:
  explicit RunPrograms(std::string home) : home_(std::move(home)) {}  // as the pod names it

  // A process that has called a hook.
  void agent(const daemon::ProcessKey& process);
  bool asks(const pod::ProcessSeen& process) const;
  void allowed(const pod::ProcessSeen& process);

 private:
  using Known = std::pair<daemon::ProcessKey, std::string>;  // the branch, the program's path
  // nullopt: not below an agent.
  std::optional<daemon::ProcessKey> branch_of(const pod::ProcessSeen& process) const;

  const shell::CommandTable& commands() const;

  // The shipped one, read when it is first needed: some programs never begin twice in a branch. What a person
  // added to it judges at the daemon, for the first of each program.
  mutable std::optional<shell::CommandTable> commands_;
  std::string home_;
  std::set<daemon::ProcessKey> agents_;
  std::set<Known> known_;
};

}  // namespace weir::cli
