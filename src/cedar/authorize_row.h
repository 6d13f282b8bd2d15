// One row of `weir cedar authorize --jsonl`.
//
//   in   {"id": ..., "policies": text or JSON, "entities": [...], "schema"?: text or JSON, "links"?:
//   [{"template_id",
//         "link_id", "args"}],
//         "requests": [{"principal", "action", "resource", "context"?}]}
//   out  {"id": ..., "responses": [{"decision": "allow"|"deny", "reason": [id], "errors": [id]}]}
//   bad  {"id": ..., "error": {"what", "where", "hint"}}
//
// Members not named here are ignored; a missing `entities` is the empty store. The schema tells
// what the values in the JSON are; a request with `validateRequest: true` must also agree with it (policies
// and entities are not validated here).
#pragma once

#include <string_view>

#include "base/json.h"

namespace weir::cedar {

// {"id", "responses"}; an Error says where in the row the mistake is ("requests[2].principal").
Result<Json> authorize_row(const Json& row);

// A line of text to the row to print, always: a bad one has the member `error`.
Json authorize_line(std::string_view line);

}  // namespace weir::cedar
