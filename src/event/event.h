// Room `event` (floor 1, pure): the vocabulary of the house as plain values with one canonical JSON form.
//
//   event.h      Event: one immutable observation, envelope v1 (docs/formats/event.md)
//   action.h     Action: what an Event would do, a verb on a resource
//   decision.h   Verdict, Decision record v1 and Receipt (docs/formats/decision.md)
//
// An Event has an envelope, which holds no content and stays readable for ever, and a body, which holds what
// was said or done. The two are stored apart: bodies are encrypted per session and can be erased while every
// proof stays valid.
//
//   Event call;
//   call.kind = kind::kToolCall;
//   call.data.set("tool", "Bash");                                   // envelope: no content
//   call.body.set("input", Json::object({{"command", "ls"}}));        // body: content
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::event {

// Kinds of events. Unknown kinds round-trip: a reader that does not know one keeps and ignores it.
namespace kind {
inline constexpr std::string_view kSessionStart = "session.start";
inline constexpr std::string_view kSessionEnd = "session.end";
inline constexpr std::string_view kPrompt = "prompt";             // body: text
inline constexpr std::string_view kModelOutput = "model.output";  // body: text
inline constexpr std::string_view kToolCall = "tool.call";        // data: tool; body: input, cwd
inline constexpr std::string_view kToolResult = "tool.result";    // data: tool, failed; body: output
inline constexpr std::string_view kAgentStart = "agent.start";    // a sub-agent begins
inline constexpr std::string_view kAgentStop = "agent.stop";
inline constexpr std::string_view kConnection = "connection";  // seen by a pod's supervisor; body: see docs
inline constexpr std::string_view kProgram = "program";        // the same, begins; body: see docs
// What a tool server offers to the agent. data: server, offered; body: items, see docs/mcp.md.
inline constexpr std::string_view kOffered = "tools.offered";
inline constexpr std::string_view kConfigChange = "config.change";  // the agent's own settings; body: path
inline constexpr std::string_view kObservation = "observation";     // an answer to Guard::prepare
inline constexpr std::string_view kApproval = "approval";           // a person's answer to an ask
inline constexpr std::string_view kLifecycle = "lifecycle";         // agent notifications without effect
inline constexpr std::string_view kGap = "gap";          // something that should have been seen was not
inline constexpr std::string_view kProbe = "probe";      // our own harmless forbidden call
inline constexpr std::string_view kControl = "control";  // stop, reload, pack activation
}  // namespace kind

// How far an Event can be trusted, ascending.
enum class Assurance { claimed, observed, attested, kernel };
std::string_view name(Assurance assurance);

// Where the Event entered: "hook", "transcript", "wire", "os", "self".
namespace plane {
inline constexpr std::string_view kHook = "hook";
inline constexpr std::string_view kTranscript = "transcript";
inline constexpr std::string_view kWire = "wire";
inline constexpr std::string_view kOs = "os";
inline constexpr std::string_view kSelf = "self";
}  // namespace plane

struct Agent {
  std::string name;     // "claude-code", "codex", ...
  std::string version;  // "" when not told
  std::string id;       // sub-agent id inside the session, "" for the main agent
  std::string type;     // sub-agent type, e.g. "general-purpose"
  bool operator==(const Agent&) const = default;
};

struct Time {
  std::int64_t wall_ns = 0;  // since 1970 UTC, our clock when we saw it
  std::int64_t mono_ns = 0;  // since boot `boot`
  std::string boot;          // kernel boot id
  std::string source;        // the source's own time as it wrote it, "" if none
  bool operator==(const Time&) const = default;
};

// Where an encrypted body lies and what the ledger knows of it. Filled by the store.
struct BodyRef {
  std::string ref;          // address inside the session: hex HMAC; "" when there is no body
  std::string commitment;   // "sha256:…" salted commitment
  std::uint64_t bytes = 0;  // plain size
  bool operator==(const BodyRef&) const = default;
};

struct Event {
  std::string id;    // UUIDv7, unique
  std::string kind;  // see namespace kind
  std::string org;
  std::string host;
  std::string user;
  Agent agent;
  std::string session;  // "<agent>:<the agent's own session id>", sub-agents "<agent>:<session>/<agent id>"
  std::string parent;   // session that started this one, "" at the root
  std::string root;     // root of the session tree; equals session at the root
  std::string plane;
  std::string source;  // "claude-code/PreToolUse"
  Assurance assurance = Assurance::claimed;
  Time time;
  std::uint64_t seq = 0;  // in the session tree, from 1, without holes; 0 until admitted
  std::map<std::string, std::string>
      corr;   // tool_use_id call_id turn_id prompt_id trace_id span_id pid pid_start …
  Json data;  // object: what may stay readable for ever; no content
  Json body;  // object: content; not part of the envelope
  BodyRef body_ref;
  Json extra;  // object: envelope members of later versions, kept as they came

  bool operator==(const Event&) const = default;
};

inline constexpr int kEnvelopeVersion = 1;

// The envelope (docs/formats/event.md); body only as its reference.
Json envelope_json(const Event& event);
// Reads an envelope; body stays null. Unknown members go to `extra`. Errors name the field.
Result<Event> event_from_envelope(const Json& json);

}  // namespace weir::event
