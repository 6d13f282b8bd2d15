// What an agent asks of a model API: recognised by method and path, read, never changed.
//
//   const auto target = recognise("POST", "/v1/messages?beta=true");
//   if (!target) …                                         // none of the four APIs
//   TRY(Request request, read_request(*target, body));
//   for (const ToolResult& result : request.results) …     // what the agent's tools said since the last
//   answer
//
// Members that are not known here are fine: vendors add some every month. A body that two readers could read
// differently (malformed, a key twice) is an error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "llm/api.h"

namespace weir::llm {

enum class Operation {
  generate,      // makes an answer: what comes back goes through a ToolStream
  retrieve,      // fetches an answer made before: the same
  count_tokens,  // counts only
  other,         // batches, cancelling, lists …: known to belong to the API, not understood further
};

struct Target {
  Api api = Api::anthropic;
  Operation operation = Operation::generate;
  std::string model;    // where the path says it (Gemini)
  bool stream = false;  // where the path says it (Gemini)
  bool sse = false;     // Gemini: alt=sse; without it a stream is one JSON array
};

// The API that a request belongs to, whatever prefix a base URL puts before it. Paths are read as tolerant
// servers read them: %-escapes, doubled slashes, dot segments and case make no difference. Nothing for
// anything else. A GET of /responses is the handshake of WebSocket mode.
std::optional<Target> recognise(std::string_view method, std::string_view target);

struct OfferedTool {
  std::string name;  // of a vendor's own tool without a name: its type
  std::string kind;  // "function", "custom", "mcp", or the type of a vendor's own tool
  std::string description;
  Json schema;         // of its arguments; null when it has none
  std::string digest;  // digest_text over all of it in canonical form, without cache_control
};

struct ToolResult {
  std::string call_id;  // Gemini without ids: empty
  std::string name;     // where the API says it (Gemini)
  std::string text;     // all text in it, pieces joined by newlines
  Json content;         // as the agent sent it
  bool is_error = false;
};

struct Request {
  Target target;
  std::string model;
  bool stream = false;
  std::vector<OfferedTool> tools;
  bool has_tools = false;     // the request has a list of tools, be it empty
  std::string tools_digest;   // over the sorted digests of the tools; of no tools: of nothing
  std::string system_digest;  // over the texts of system prompt, instructions, system and developer messages
  bool has_system = false;    // there is such a text
  std::size_t messages = 0;   // messages, input items or contents
  std::vector<ToolResult> results;  // new ones: behind the model's last word
  // OpenAI Responses only
  std::string previous_response_id;
  std::string stream_id;  // WebSocket: the lane
  bool generate = true;   // false: a warm-up that makes no answer
  bool steer = false;     // response.steer
};

// Errors: `invalid` (not one JSON object that all read alike, or members of the wrong type), `limit`.
Result<Request> read_request(const Target& target, std::string_view body);
// A text frame of a client in WebSocket mode: response.create or response.steer. Errors: also any other type.
Result<Request> read_frame(std::string_view text);

}  // namespace weir::llm
