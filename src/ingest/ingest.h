// Room `ingest` (floor 2, pure): foreign records become Events, and a Decision becomes the agent's own
// protocol. One file per source; nothing here judges, reads a file or a clock.
//
//   gating.h      which hook events exist and which of them can refuse (also compiled into the shim)
//   hook.h        hook payload → Event; Decision → exit code, standard output, standard error
//   tools.h       tool name + input → ToolUse, the same words for every agent
//   patch.h       the apply_patch text of Codex → files added, updated, deleted, moved
//   transcript.h  lines of a session file → Events, with gaps and unknown records counted
//   record.h      a record taken apart in place, without making values of it
//   trace.h       rows of `weir replay` → Events
//   places.h      where agents keep their transcripts
//
// What the agent's side writes is `claimed`: a parser here trusts no field, loses none (unknown ones stay in
// body.rest) and puts nothing that can carry content into the envelope. The caller fills id, time, sequence
// and host. Shapes of data and body: docs/ingest.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"

namespace weir::ingest {

inline constexpr std::string_view kClaudeCode = "claude-code";
inline constexpr std::string_view kCodex = "codex";
inline constexpr std::string_view kReplay = "replay";  // rows of `weir replay`

// The agent's one name; "claude" is accepted for "claude-code". None for agents Weir does not know.
std::optional<std::string_view> agent_from(std::string_view name);

// Identifiers that may become part of a session name: 1..128 printable ASCII bytes without space, quotes,
// '/', '\'. A '/' would let a session pretend to be the sub-agent of another one.
bool valid_native_id(std::string_view id);

// Short words that may stand in the envelope: 1..64 bytes of letters, digits and _ . : @ + - [ ].
bool is_token(std::string_view text);

// Whose record an Event is. `session` is the agent's own session id; `agent_id` a sub-agent in it or "";
// `parent_id` the sub-agent that started this one, "" when the main agent did or nobody told.
struct Whose {
  std::string_view agent;
  std::string_view session;
  std::string_view agent_id;
  std::string_view parent_id;
};
// Sets agent.name, agent.id, session, parent and root. The ids must be valid_native_id().
void place(event::Event& event, const Whose& whose);

}  // namespace weir::ingest
