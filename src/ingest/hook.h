// The hook plane: an agent's payload becomes an Event, and a Decision becomes what the agent understands.
//
//   TRY(Event event, read_hook(agent, "PreToolUse", payload_text));
//   …guard decides…
//   HookAnswer answer = render_hook(agent, "PreToolUse", decision);   // exit code, stdout, stderr
//
// Refusals are exit 2 with one paragraph on standard error: that form works in every agent and survives
// damaged standard output. JSON is used only to rewrite input or to add a remark, and is then exactly one
// object. `ask` is never handed to an agent: Codex was measured to run the call on it. Nothing an allow says
// touches the agent's own permission flow: it is exit 0 and silence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/decision.h"
#include "event/event.h"
#include "ingest/gating.h"

namespace weir::ingest {

// One hook call. `agent` as in agent_from(); `event_name` is what the shim was installed for: a payload that
// names another event is an error, as are a missing session id, a tool call without a tool name or with input
// that is no object. plane "hook", source "<agent>/<event>", assurance claimed; data and body as in
// docs/ingest.md. PermissionRequest becomes a tool.call with data.phase "permission": it asks about a call
// that PreToolUse has announced before, so it must neither open a second intent nor consume an approval.
Result<event::Event> parse_hook(std::string_view agent, std::string_view event_name, const Json& payload);
// The same from bytes, at most limits::kHookPayloadBytesMax.
Result<event::Event> read_hook(std::string_view agent, std::string_view event_name, std::string_view payload);

// What the shim writes and how it exits.
struct HookAnswer {
  int exit_code = 2;
  std::string out;  // standard output: "" or one JSON object
  std::string err;  // standard error: "" or one line
  bool operator==(const HookAnswer&) const = default;
};

// The Decision in the agent's protocol. Fails closed: a rewrite that the event cannot carry is a refusal.
// Where nothing can be refused (Refusal::none) the answer is exit 0.
HookAnswer render_hook(std::string_view agent, std::string_view event_name, const event::Decision& decision);

// When there is no Decision: exit 2 with what a person should do where the event gates, exit 0 elsewhere.
HookAnswer failure_answer(std::string_view agent, std::string_view event_name, const Error& error);

// Names of all events of an agent that a hook can be put on without changing what the agent does.
std::vector<std::string_view> hookable_events(std::string_view agent);

}  // namespace weir::ingest
