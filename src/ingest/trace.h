// Rows of `weir replay` → Events:
//
//   {"id", "agent"?, "tools"?, "trace": [{"r": user|assistant|tool, "t": text, "c": [{"f": tool, "a":
//   arguments}],
//                               "f": tool that answered, "e": error}]}
//
// A user row is a prompt, an assistant row model output and then its calls, a tool row a result. Calls are
// counted from 0 over the whole trace: data.call, and corr["call_id"] = "call-N". A result belongs to the
// oldest unanswered call of the tool it names, else to the oldest unanswered one, as recorders write results
// in call order. `agent` names whose own tools they are ("claude-code", "codex"); without it all tools are
// known by their descriptions alone. `tools` becomes a first Event of kind lifecycle, data.type "tools", the
// list in body.tools.
#pragma once

#include <cstdint>
#include <vector>

#include "event/event.h"

namespace weir::ingest {

struct TraceRow {
  Json id;                           // as it came
  std::vector<event::Event> events;  // in order; agent "replay" or as the row says, plane "transcript"
  std::uint64_t calls = 0;
};

// Errors name the place in the row: "trace[3].c[0].f". Unknown fields are ignored (docs/ingest.md).
Result<TraceRow> parse_trace(const Json& row);

}  // namespace weir::ingest
