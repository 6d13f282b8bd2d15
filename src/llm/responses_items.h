// The items of OpenAI's Responses API: which of them are calls, where their arguments stand, and the message
// that takes the place of a refused one. Only the room's own .cc files include this.
#pragma once

#include <string>
#include <string_view>

#include "base/json_view.h"
#include "llm/api.h"

namespace weir::llm {

enum class ItemRole { words, server, call };

// What an item is to the agent. An item of an unknown kind is a call, unless it is the result of one
// ("..._output").
ItemRole item_role(JsonView item);
// The member of a call's item that holds its arguments: "arguments", "input", "action", "operation"; empty
// when there is none that could be rewritten.
std::string_view payload_member(JsonView item);
// The call that an item is, complete.
ToolCall call_of(JsonView item);
// Everything about an item that a client acts on: what two mentions of one call must agree in.
std::string fingerprint(JsonView item);

// The id of the message in place of a refused call: made from the call's own item id, so that it is the same
// in every run.
std::string message_id(std::string_view item_id, std::string_view call_id);
// That message, as JSON.
std::string message_item(std::string_view id, std::string_view words);

}  // namespace weir::llm
