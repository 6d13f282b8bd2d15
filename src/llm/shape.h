// Whether a JSON value that should be words only has the shape of a tool call somewhere in it. This is the
// net under the protocols: an event, block, item or member that nobody knows passes only if this says no.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "base/json_view.h"

namespace weir::llm {

// True for a member whose name is that of a call or its arguments (tool_calls, function_call, functionCall,
// tool_use, partial_json, arguments, in any case, with or without _ and -), for a `type` that names one, and
// for an object with a `name` beside an input. Texts are not looked into. `skip`: members of `value` itself
// that the caller has read already, or that echo the request.
bool looks_like_call(JsonView value, std::span<const std::string_view> skip);
inline bool looks_like_call(JsonView value, std::initializer_list<std::string_view> skip = {}) {
  return looks_like_call(value, std::span(skip.begin(), skip.size()));
}

// The same for the text of a `type`.
bool names_a_call(std::string_view type);

}  // namespace weir::llm
