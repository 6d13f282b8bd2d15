// Event → Actions: what a tool call would do, in the words that policies use, and on which facts that reading
// rests.
//
// The shell room reads command lines; tool knowledge comes from ingest; outside facts (where a path really
// leads, what a script contains) come in as answers, and what is missing is asked for. Pure.
#pragma once

#include <string>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "guard/pack.h"
#include "guard/question.h"
#include "guard/session.h"
#include "guard/shell_actions.h"

namespace weir::guard {

struct Understanding {
  std::vector<event::Action> actions;
  std::vector<Question> questions;  // what would make it surer; asked ones are not repeated by prepare()
  Json assumptions;                 // object: cwd, workspace, resolved paths, script digests
};

// `readings` keeps command lines that were read for the same event before; nullptr: none are kept.
Understanding understand(const event::Event& event, const SessionState& state, const GuardOptions& options,
                         const Pack& pack, const Answers& answers, ShellReadings* readings = nullptr);

// The workspace that the answers tell for the event's working directory; "" when they do not, or when it is a
// home directory or the root of the disk.
std::string workspace_of(const event::Event& event, const Answers& answers, const GuardOptions& options);
// Takes the workspace from the first answer that tells it.
void adopt_workspace(const event::Event& event, const Answers& answers, const GuardOptions& options,
                     SessionState& state);

// What an approval is bound to: agent, session, tool, arguments without display-only fields, working
// directory, all Actions, script digests, policy digest. "sha256:…".
std::string call_digest(const event::Event& event, const std::vector<event::Action>& actions,
                        const Json& assumptions, const std::string& policy_digest);

// For `weir inspect`: the reading of a bare command line, no event around it.
event::Event command_event(std::string_view command, std::string_view cwd);

}  // namespace weir::guard
