// JSON-RPC 2.0 messages of MCP, read strictly: servers and clients of many languages read the same bytes, so
// what lenient readers would understand differently is refused, never guessed.
//
//   TRY(auto messages, read_messages(line));        // one, or a batch (revision 2025-03-26)
//   for (const auto& message : messages)
//     if (message.kind == MessageKind::request && message.method == "tools/call") …
//
// Refused: duplicate keys, integers beyond 64 bits, other text behind the value (base/json.h); a member that
// is a known one but for case ("Method", which Go's reader takes for "method"); an id that is neither text
// nor an integer; params that are no object; a result and an error together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::mcp {

inline constexpr std::size_t kMessageBytesMax = 16 * limits::kMiB;  // one line, or one body
inline constexpr std::size_t kBatchMax = 100;                       // messages of a batch
inline constexpr std::size_t kIdBytesMax = 256;
inline constexpr std::size_t kMethodBytesMax = 256;

enum class MessageKind { request, notification, response };

struct Message {
  MessageKind kind = MessageKind::notification;
  Json whole;           // an object
  std::string method;   // "" for a response
  std::string id;       // canonical JSON of the id, "7" or "\"7\""; "" for a notification
  bool failed = false;  // a response with an error

  const Json& params() const { return whole["params"]; }
  const Json& result() const { return whole["result"]; }
};

// Errors: `invalid`, `limit`; the text says what is wrong with which member, without its value.
Result<std::vector<Message>> read_messages(std::string_view bytes);
// Was it a batch, an array? Of bytes that read_messages() took.
bool is_batch(std::string_view bytes);

// Answers that Weir gives itself. `id` as in Message::id.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kRefused = -32001;  // refused by policy; the specification leaves -32000 to -32019 free
std::string error_answer(std::string_view id, int code, std::string_view text, Json data = {});
// A tool call that was refused: a result that the model reads and can act on, in the form of every revision.
std::string refused_call(std::string_view id, std::string_view text);

}  // namespace weir::mcp
