// What the room flow is shown of a session tree, and what it is asked about a call.
//
//   FlowWatch watch(pack.flow_words());
//   watch.note(event);                      // prompts, results, lists of tools
//   const auto now = watch.assess(call);    // where the values of the call come from
//   watch.call(call);                       // it may run: its result will be read beside its input
//
// Values are looked at for tools that Weir knows by their description only (MCP servers, tools of
// frameworks). An agent's own tools are judged by their Actions; what they read counts for the label of the
// session: the web and commands that went there are untrusted, files of this machine are the workspace's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "flow/session.h"

namespace weir::guard {

// What a Decision records of it: the label with its causes; of a call whose values were looked at also what
// it does, whether that was asked for, and where the values come from (docs/formats/decision.md). Empty
// before anything was read.
Json labels_of(const flow::Assessment& now);

// What a tool said, as one text: its output, as JSON when it is none, and its error.
std::string text_read(const event::Event& result);
// A call's tool as the room flow knows it: "server/tool" for MCP, else as the agent calls it.
std::string flow_name(const event::Event& event);

class FlowWatch {
 public:
  // nullptr: nothing is watched, and labels are unknown.
  explicit FlowWatch(std::shared_ptr<const flow::Words> words);

  void note(const event::Event& event);
  // `carried`: files with a label that the call reads or runs. Instructions are in the session whether the
  // call runs or not, everything else only when it does.
  void call(const event::Event& event, const std::vector<event::Action>& actions,
            const std::vector<flow::CarriedFile>& carried = {}, bool runs = true);

  // nullopt when nothing is watched. Nothing is remembered of it but the label of instructions. The label is
  // that of the session with what the call itself reads.
  std::optional<flow::Assessment> assess(const event::Event& event,
                                         const std::vector<flow::CarriedFile>& carried = {});

  const flow::Session* session() const { return session_.get(); }

 private:
  // A call that was released and has no result yet.
  struct Open {
    std::string tool;
    Json input;
    flow::Integrity text = flow::Integrity::untrusted;
  };

  std::optional<flow::Assessment> assess_values(const event::Event& event);
  void result(const event::Event& event);
  void tools(const Json& list);

  std::unique_ptr<flow::Session> session_;
  std::map<std::string, Open> open_;  // by tool_use_id
  std::deque<std::string> order_;     // of open_, oldest first
};

}  // namespace weir::guard
