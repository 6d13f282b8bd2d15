// The flow of one session tree as a graph for people: what came in, what the label of the session became and
// why, and for each call where its values stand in what came in.
//
//   FlowGraphMaker maker(hide);
//   for each event, after the guard has noted or decided it:
//     maker.add({event, decision, guard.assessed(), guard.flow()});
//   const FlowGraph graph = maker.take();
//   only_telling(graph)   what a reader of a long session wants to see
//
// A graph is made by replaying the record, so it says what the guard sees; verdicts are those that were
// given. It holds no secrets: every text passes `hide` first. Format: docs/formats/flow-graph.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/decision.h"
#include "event/event.h"
#include "flow/session.h"
#include "guard/flow_places.h"

namespace weir::guard {

// A prompt, or what a tool returned.
struct FlowSource {
  std::uint64_t seq = 0;
  bool prompt = false;
  std::string session;
  std::string tool;        // "" of a prompt
  std::string what;        // of a prompt its begin; of a result what the call asked for, as far as known
  std::uint64_t call = 0;  // the call it answers; 0: not known
  flow::Label label;       // what it brought
  std::uint64_t bytes = 0;
  bool failed = false;
  std::optional<flow::NarrowReturn> narrow;  // it is a sub-agent's answer and lowered the main agent's label
};

// The label of the session became worse.
struct FlowRise {
  std::uint64_t seq = 0;  // the event that made it so
  flow::Label label;      // since then
};

struct FlowValue {
  flow::ValueOrigin of;  // its texts without secrets
  std::vector<FlowPlace> places;
};

struct FlowCall {
  std::uint64_t seq = 0;
  std::string decision;  // id
  std::string session;
  std::string tool;
  std::string what;  // a line of what it would do
  std::string effect;
  event::Verdict verdict = event::Verdict::allow;
  std::vector<std::string> policies;
  std::string reason;
  bool by_flow = false;               // a policy about where data came from decided
  std::vector<std::string> approved;  // who let it pass
  flow::Label label;                  // of the session before it
  bool watched = false;               // its values were looked at
  bool complete = true;
  std::string asked;  // "user", "errand", "no"
  std::vector<FlowValue> values;
  Json more;                 // other members of the assessment, as flow::to_json tells them
  std::uint64_t result = 0;  // the result that came; 0: none so far

  bool released() const { return event::lets_run(verdict); }
};

// What a planner made of a prompt (docs/formats/planner.md).
struct FlowPlan {
  std::uint64_t seq = 0;
  std::uint64_t prompt = 0;  // the event it is about; 0: not known
  std::string outcome;       // "used", "refused", "failed"
  Json plan;                 // as it was recorded, its values without secrets; of a used one
  std::string why;           // of one that is not used
};

struct FlowGraph {
  std::string root;
  std::string agent;
  std::uint64_t events = 0;
  std::uint64_t calls_all = 0;
  std::uint64_t sources_all = 0;
  flow::Label label;  // at the end
  std::vector<FlowSource> sources;
  std::vector<FlowRise> rises;
  std::vector<FlowPlan> plans;
  std::vector<FlowCall> calls;
  std::uint64_t erased = 0;  // events whose content is gone
  bool complete = true;      // false: the session has outgrown what is remembered
};

// The one line that tells people which call it was: its command, path or URL, else its input.
std::string flow_line(const Json& body, const Hide& hide);

struct FlowStep {
  const event::Event& event;
  const event::Decision* decision = nullptr;   // of a judged event, as it was recorded
  const flow::Assessment* assessed = nullptr;  // of it, as it is now
  const flow::Session* session = nullptr;      // after it; nullptr: nothing watches
};

class FlowGraphMaker {
 public:
  explicit FlowGraphMaker(Hide hide);

  void add(const FlowStep& step);
  void add_erased() { ++graph_.erased; }
  FlowGraph take();

 private:
  void source(const FlowStep& step);
  void call(const FlowStep& step);
  void plan(const event::Event& event);

  Hide hide_;
  FlowPlaces places_;
  FlowGraph graph_;
  std::map<std::string, std::size_t> open_;  // tool_use_id → call without a result
  struct Prompt {
    std::uint64_t seq = 0;
    std::string text;
  };
  std::map<std::string, Prompt> prompts_;  // by their event's id; those that a planner may have been shown
};

// Only what a reader wants to know: calls that were stopped, approved or carry a value the user did not
// choose, the sources these point at, those that raised the label, and the first prompt.
FlowGraph only_telling(FlowGraph graph);
// Only the call at event `seq` with the sources of its values and of its label; nullopt: no such call.
std::optional<FlowGraph> only_call(FlowGraph graph, std::uint64_t seq);

Json to_json(const FlowGraph& graph);

}  // namespace weir::guard
