// What the room flow is shown of a session tree, and what it is asked about a call.
//
//   FlowWatch watch(pack.flow_words(), pack.flow_products());
//   watch.note(event);                      // prompts, plans, results, lists of tools
//   const auto now = watch.assess(call);    // where the values of the call come from
//   watch.call(call, actions, verdict);     // what it may do from now on is no news
//
// Values are looked at for tools that Weir knows by their description only (MCP servers, tools of
// frameworks). Of an agent's own tools it asks about what their Actions would reach: an address, a package, a
// path that only untrusted text names. What is read counts for the label of the session: the web, programs
// that print what others wrote, and installed packages are untrusted, files of this machine the workspace's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "event/action.h"
#include "event/decision.h"
#include "event/event.h"
#include "flow/session.h"
#include "guard/sub_agents.h"

namespace weir::guard {

// What a Decision records of it: the label with its causes; of a call whose values were looked at also what
// it does, whether that was asked for, and where the values come from (docs/formats/decision.md). Empty
// before anything was read.
Json labels_of(const flow::Assessment& now);

// What a tool said, as one text: its output, as JSON when it is none, and its error.
std::string text_read(const event::Event& result);
// A call's tool as the room flow knows it: "server/tool" for MCP, "@agent/tool" for an agent's own that
// `products` describes, else as the agent calls it.
std::string flow_name(const event::Event& event, const flow::Products* products = nullptr);

// What a planner made of a prompt, as the rim records it (docs/formats/planner.md): an observation whose
// `data.for` is the prompt and whose body has the `plan`. No hook, transcript or wire can bring one.
inline constexpr std::string_view kPlannerSource = "weir/planner";
bool is_plan(const event::Event& event);

class FlowWatch {
 public:
  // nullptr: nothing is watched, and labels are unknown.
  explicit FlowWatch(std::shared_ptr<const flow::Words> words,
                     std::shared_ptr<const flow::Products> products = nullptr);

  // `found` by detectors in the event's texts: a secret in a result is confidential from then on.
  void note(const event::Event& event, std::span<const event::Finding> found = {});
  // What was decided of the call. A held one may run yet: its result will be read beside its input.
  // `carried`: files with a label that the call reads or runs. Instructions are in the session whether the
  // call runs or not, everything else only when it does.
  void call(const event::Event& event, const std::vector<event::Action>& actions, event::Verdict verdict,
            const std::vector<flow::CarriedFile>& carried = {});

  // nullopt when nothing is watched. Nothing is remembered of it but the label of instructions. The label is
  // that of the session with what the call itself reads.
  std::optional<flow::Assessment> assess(const event::Event& event, const std::vector<event::Action>& actions,
                                         const std::vector<flow::CarriedFile>& carried = {});

  const flow::Session* session() const { return session_.get(); }

 private:
  // A call that was released and has no result yet.
  // Kept small: agents that report no results leave one for every call.
  struct Open {
    std::array<std::uint8_t, 16> id;    // of its tool_use_id, the begin of the digest
    const std::string* tool = nullptr;  // in tools_
    std::shared_ptr<const Json> input;  // nullptr: not kept
    flow::Integrity text = flow::Integrity::untrusted;
    bool search = false;
    bool secret = false;  // it reads credentials
    bool carried = false;
  };

  // One of the user's.
  struct Prompt {
    std::array<std::uint8_t, 16> id;  // of the event, the begin of the digest
    bool attested = false;
  };

  std::vector<Open>::iterator opened(const std::string& id);
  const std::string* named(std::string tool);
  std::optional<flow::Assessment> assess_values(const event::Event& event,
                                                const std::vector<event::Action>& actions);
  void prompt(const event::Event& event);
  void planned(const event::Event& event);
  void result(const event::Event& event, std::span<const event::Finding> found);
  bool returns_narrowly(const event::Event& event);
  void note_agents(const event::Event& event, const std::vector<event::Action>& actions,
                   const ingest::ToolUse& use, bool runs);
  void confide(const event::Event& event, event::Span span);
  void tools(const Json& list);

  std::shared_ptr<const flow::Products> products_;
  std::unique_ptr<flow::Session> session_;
  std::set<std::string> tools_;  // names of those in open_, and of some before
  std::vector<Open> open_;       // oldest first
  std::vector<Prompt> prompts_;  // oldest first
  SubAgents agents_;
};

}  // namespace weir::guard
