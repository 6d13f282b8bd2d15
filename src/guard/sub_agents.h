// The sub-agents of a session tree, and which of their returns may be taken for narrow (flow/narrow.h): those
// where the answer is all that the agent that asked can have got.
//
//   SubAgents agents;
//   agents.seen(event);                             // every event, in order
//   agents.call(event, use, actions, …);            // every call with what was decided of it
//   if (auto back = agents.returned(result)) …      // back->agent answered back->answer, and nothing is open
//
// Nothing is taken for narrow of a sub-agent that may speak by another way than its answer: one that left a
// command running or a call without a result, changed anything but files that carry their label (carried.h),
// ran a program that may have, wrote to another agent, used the agent's lists of tasks; one that was there
// before it was asked, runs in the background, or was told to have ended with another answer. Nor of one that
// a sub-agent asked. What harness and hooks say of which agent does what is believed, as everywhere.
//
// Claude Code hands the answer over in the result of the tool that starts the agent (docs/flow.md has its
// form). Codex does not: it tells by messages, so there is nothing to take.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "flow/words.h"
#include "ingest/tools.h"

namespace weir::guard {

class SubAgents {
 public:
  static constexpr std::size_t kAgentsMax = 256;  // of later ones nothing is known, so nothing is narrow
  static constexpr std::size_t kOpenMax = 64;  // calls without a result: of one sub-agent, and that start one
  static constexpr std::size_t kTaskBytesMax =
      std::size_t{16} * 1024;  // of a longer task no word is a choice

  // Before anything else is made of the event. Which sub-agent has done more than end with the answer that is
  // known already; "" when none has.
  std::string_view seen(const event::Event& event);

  // A call, whatever was decided of it: who is stopped has tried. `changes`: a tool that is known by its
  // description would change something. `trusted`: nothing untrusted can have written what it says.
  struct Call {
    const ingest::ToolUse& use;
    const std::vector<event::Action>& actions;
    bool changes = true;
    bool runs = false;  // it was let through
    bool trusted = false;
  };
  void call(const event::Event& event, const Call& call, const flow::Words& words);

  // The result of a call by which the main agent started a sub-agent, when its answer is all that came back.
  struct Return {
    std::string agent;
    std::string answer;
    std::string task;  // as far as its words may be choices
  };
  std::optional<Return> returned(const event::Event& result);

  // Whether these Actions could read what a sub-agent's record of itself says.
  bool reads_record(const std::vector<event::Action>& actions, std::string_view agent) const;

 private:
  using Id = std::array<std::uint8_t, 16>;  // of a tool_use_id, the begin of its digest
  struct Agent {
    std::string id;
    std::uint64_t first = 0;  // its first event
    bool settled = true;      // nothing of it can speak but its answer
    bool ended = false;
    std::string last;      // what it ended with, as far as it can be narrow
    std::string record;    // file that the agent keeps of it
    std::vector<Id> open;  // its calls without a result
  };
  struct Start {
    Id id;
    std::uint64_t seq = 0;
    std::string task;
  };

  Agent* find(std::string_view id);
  const Agent* find(std::string_view id) const;
  void start(const event::Event& event, const Call& call, const Id& id);

  std::vector<Agent> agents_;
  std::vector<Start> starts_;  // oldest first
};

}  // namespace weir::guard
