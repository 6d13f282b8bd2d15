#include "mcp/message.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::mcp {
namespace {

constexpr std::string_view kMembers[] = {"jsonrpc", "id", "method", "params", "result", "error"};
// Of params: what says which tool runs with what.
constexpr std::string_view kParams[] = {"name", "arguments", "uri", "_meta", "cursor", "task"};

bool same_but_case(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return low(x) == low(y); });
}

Status check_names(const Json& object, std::span<const std::string_view> known, const char* where) {
  for (const auto& [key, value] : object.as_object())
    for (const auto name : known)
      if (key != name && same_but_case(key, name))
        return fail("a member differs from \"" + std::string(name) + "\" by case only", where);
  return {};
}

Status check_id(const Json& id) {
  if (id.is_int() || id.is_uint64()) return {};
  if (id.is_string() && id.as_string().size() <= kIdBytesMax) return {};
  return fail("an id is text of at most 256 bytes, or an integer", "id");
}

Result<Message> read_one(Json json) {
  if (!json.is_object()) return fail("a message is an object", "message");
  TRY_STATUS(check_names(json, kMembers, "message"));
  if (json["jsonrpc"].text_or("") != "2.0") return fail("must be \"2.0\"", "jsonrpc");
  Message message;
  const bool has_id = json.has("id");
  if (json.has("method")) {
    const Json& method = json["method"];
    if (!method.is_string() || method.as_string().empty() || method.as_string().size() > kMethodBytesMax ||
        printable(method.as_string()) != method.as_string())
      return fail("a method is printable text of at most 256 bytes", "method");
    if (json.has("result") || json.has("error")) return fail("a request with a result", "message");
    if (json.has("params")) {
      if (!json["params"].is_object()) return fail("must be an object", "params");
      TRY_STATUS(check_names(json["params"], kParams, "params"));
    }
    message.method = method.as_string();
    message.kind = has_id ? MessageKind::request : MessageKind::notification;
  } else {
    if (json.has("result") == json.has("error"))
      return fail("a response has a result or an error, and not both", "message");
    if (json.has("error") && !json["error"].is_object()) return fail("must be an object", "error");
    message.failed = json.has("error");
    message.kind = MessageKind::response;
    if (!has_id) return fail("a response without an id", "id");
  }
  // An error about a request that could not be read has no id to give (JSON-RPC 2.0, section 5).
  if (has_id && !(message.failed && json["id"].is_null())) {
    TRY_STATUS(check_id(json["id"]));
    message.id = canonical(json["id"]);
  }
  message.whole = std::move(json);
  return message;
}

}  // namespace

bool is_batch(std::string_view bytes) {
  return trim(bytes).starts_with('[');
}

Result<std::vector<Message>> read_messages(std::string_view bytes) {
  TRY(Json json, parse_json(bytes, {.bytes_max = kMessageBytesMax}));
  std::vector<Message> messages;
  if (!json.is_array()) {
    TRY(Message one, read_one(std::move(json)));
    messages.push_back(std::move(one));
    return messages;
  }
  if (json.as_array().empty()) return fail("a batch is not empty", "message");
  if (json.as_array().size() > kBatchMax)
    return fail(ErrorCode::limit, "a batch holds more than 100 messages", "message");
  for (auto& item : json.as_array()) {
    TRY(Message one, read_one(std::move(item)));
    messages.push_back(std::move(one));
  }
  return messages;
}

std::string error_answer(std::string_view id, int code, std::string_view text, Json data) {
  std::string out = R"({"jsonrpc":"2.0","id":)" + std::string(id.empty() ? "null" : id);
  Json error = Json::object({{"code", code}, {"message", text}});
  if (!data.is_null()) error.set("data", std::move(data));
  return out + ",\"error\":" + compact(error) + "}";
}

std::string refused_call(std::string_view id, std::string_view text) {
  const Json result =
      Json::object({{"content", Json::array({Json::object({{"type", "text"}, {"text", text}})})},
                    {"isError", true},
                    {"resultType", "complete"}});
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + ",\"result\":" + compact(result) + "}";
}

}  // namespace weir::mcp
