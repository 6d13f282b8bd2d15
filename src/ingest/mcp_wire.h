// The wire plane of MCP: what `weir mcp wrap` and the gateway tell the daemon of a client and a server
// becomes an Event, and a Decision what they act on. Over the same signed socket as hooks (net/hook_wire.h),
// with agent "mcp".
//
//   TRY(Event event, read_mcp("Call", payload));
//   HookAnswer answer = render_mcp("Call", decision);      // standard output: one JSON object
//
//   Call    {"session_id","server","method","name","input","call_id","cwd"?}   before the server sees it:
//   tool.call Result  {"session_id","server","method","name","output","failed","call_id"}  tool.result Offer
//   {"session_id","server","kind","launch","title"?,"first_page","last_page","list" | "text"}  tools.offered
//
// docs/formats/mcp-wire.md has the fields and the answers. What comes here was seen on the wire (`observed`);
// who says so is a process of the user.
#pragma once

#include "ingest/hook.h"

namespace weir::ingest {

inline constexpr std::string_view kMcp = "mcp";

// Servers are called by the name that the client's configuration has: 1 to 64 letters, digits, '_', '-', '.'.
bool valid_server_name(std::string_view name);

// Errors name the field. Session "mcp:<session_id>"; who knows the client's agent places it anew.
Result<event::Event> read_mcp(std::string_view event_name, std::string_view payload);

// {"verdict","reason"?,"input"?,"kept"?,"withheld"?}. A refused Call says why in `reason`, as hooks do. Of an
// Offer `kept` names what the client may see, `withheld` the rest with a reason each. Always exit 0.
HookAnswer render_mcp(std::string_view event_name, const event::Decision& decision);
// For a call that a hook of the agent announced, and that was judged there.
HookAnswer explained_mcp();

}  // namespace weir::ingest
