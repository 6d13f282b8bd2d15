#include "llm/request.h"

#include <algorithm>

#include "base/hash.h"
#include "llm/limits.h"

namespace weir::llm {
namespace {

constexpr const char* kWhere = "request to a model API";

const Json& any_of(const Json& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (!object[name].is_null()) return object[name];
  return object[*names.begin()];
}

const Json::Array& items_of(const Json& value) {
  static const Json::Array kNone;
  return value.is_array() ? value.as_array() : kNone;
}

// All text of a content, whichever API's: a text, a list of blocks, a block.
void add_text(std::string& out, const Json& content) {
  if (content.is_string()) {
    if (!out.empty()) out += '\n';
    out += content.as_string();
  }
  for (const Json& item : items_of(content))
    add_text(out, item);
  if (!content.is_object()) return;
  for (const char* const member : {"text", "content", "output", "stdout", "stderr", "parts", "refusal"})
    add_text(out, content[member]);
}

class Reader {
 public:
  explicit Reader(Request& request) : request_(request) {}

  Status tool(std::string_view kind, const Json& tool, const Json& schema, std::string_view name) {
    if (request_.tools.size() >= limits::kRequestToolsMax)
      return fail(ErrorCode::limit,
                  "a request offers more than " + std::to_string(limits::kRequestToolsMax) + " tools",
                  kWhere);
    Json pinned = tool;
    if (pinned.is_object()) pinned.erase("cache_control");  // moves from request to request, says nothing
    request_.tools.push_back({.name = std::string(name),
                              .kind = std::string(kind),
                              .description = std::string(tool["description"].text_or("")),
                              .schema = schema,
                              .digest = digest_text(sha256(canonical(pinned)))});
    return {};
  }
  void add_system(const Json& content) {
    std::string text;
    add_text(text, content);
    request_.has_system = request_.has_system || !text.empty();
    append_json_string(system_, text);
  }
  // The model has spoken: results before this are old.
  void model_spoke() { request_.results.clear(); }
  void result(ToolResult result) { request_.results.push_back(std::move(result)); }

  void finish() {
    std::vector<std::string> digests;
    for (const OfferedTool& tool : request_.tools)
      digests.push_back(tool.digest);
    std::sort(digests.begin(), digests.end());
    std::string all;
    for (const std::string& digest : digests)
      all += digest + "\n";
    request_.tools_digest = digest_text(sha256(all));
    request_.system_digest = digest_text(sha256(system_));
  }

 private:
  Request& request_;
  std::string system_;
};

bool is_system(std::string_view role) {
  return role == "system" || role == "developer";
}

Status read_anthropic(const Json& body, Request& request, Reader& reader) {
  if (!body["system"].is_null()) reader.add_system(body["system"]);
  for (const Json& tool : items_of(body["tools"])) {
    const std::string_view type = tool["type"].text_or("custom");
    TRY_STATUS(reader.tool(type == "custom" ? "function" : type, tool, tool["input_schema"],
                           tool["name"].text_or(type)));
  }
  for (const Json& server : items_of(body["mcp_servers"]))
    TRY_STATUS(reader.tool("mcp", server, Json(), server["name"].text_or("mcp")));
  request.messages = items_of(body["messages"]).size();
  for (const Json& message : items_of(body["messages"])) {
    const std::string_view role = message["role"].text_or("");
    if (is_system(role)) reader.add_system(message["content"]);
    if (role == "assistant") reader.model_spoke();
    for (const Json& block : items_of(message["content"])) {
      if (block["type"].text_or("") != "tool_result") continue;
      ToolResult result{.call_id = std::string(block["tool_use_id"].text_or("")),
                        .content = block["content"]};
      add_text(result.text, block["content"]);
      result.is_error = block["is_error"].bool_or(false);
      reader.result(std::move(result));
    }
  }
  return {};
}

Status read_responses_tools(const Json& tools, Reader& reader, int depth) {
  for (const Json& tool : items_of(tools)) {
    const std::string_view type = tool["type"].text_or("function");
    if (type == "namespace" && depth == 0) {
      TRY_STATUS(read_responses_tools(tool["tools"], reader, 1));
      continue;
    }
    TRY_STATUS(reader.tool(type, tool, any_of(tool, {"parameters", "format"}),
                           any_of(tool, {"name", "server_label"}).text_or(type)));
  }
  return {};
}

void read_responses_item(const Json& item, Reader& reader) {
  const std::string_view type = item["type"].text_or("message");
  const std::string_view role = item["role"].text_or("");
  if (type == "message" && is_system(role)) reader.add_system(item["content"]);
  const bool output = type.ends_with("_output");
  if (!output && (role == "assistant" || type == "reasoning" || type.ends_with("_call")))
    reader.model_spoke();
  if (!output) return;
  ToolResult result{.call_id = std::string(item["call_id"].text_or(item["id"].text_or(""))),
                    .content = item["output"]};
  add_text(result.text, item["output"]);
  const std::string_view status = item["status"].text_or("");
  result.is_error = status == "failed" || status == "incomplete";
  reader.result(std::move(result));
}

Status read_responses(const Json& body, Request& request, Reader& reader) {
  request.previous_response_id = body["previous_response_id"].text_or("");
  request.stream_id = body["stream_id"].text_or("");
  request.generate = body["generate"].bool_or(true);
  request.steer = body["type"].text_or("") == "response.steer";
  for (const std::string* id : {&request.previous_response_id, &request.stream_id})
    if (id->size() > limits::kIdBytesMax)
      return fail(ErrorCode::limit, "an id in a request is too long", kWhere);
  for (const char* const member : {"previous_response_id", "stream_id"})
    if (!body[member].is_null() && !body[member].is_string())
      return fail(std::string(member) + " is no text", kWhere);
  if (!body["instructions"].is_null()) reader.add_system(body["instructions"]);
  TRY_STATUS(read_responses_tools(body["tools"], reader, 0));
  request.messages = body["input"].is_string() ? 1 : items_of(body["input"]).size();
  for (const Json& item : items_of(body["input"]))
    read_responses_item(item, reader);
  return {};
}

Status read_chat(const Json& body, Request& request, Reader& reader) {
  for (const Json& tool : items_of(body["tools"])) {
    const std::string_view type = tool["type"].text_or("function");
    const Json& inner = tool[type].is_object() ? tool[type] : tool;
    TRY_STATUS(
        reader.tool(type, inner, any_of(inner, {"parameters", "format"}), inner["name"].text_or(type)));
  }
  for (const Json& function : items_of(body["functions"]))
    TRY_STATUS(reader.tool("function", function, function["parameters"], function["name"].text_or("")));
  request.messages = items_of(body["messages"]).size();
  for (const Json& message : items_of(body["messages"])) {
    const std::string_view role = message["role"].text_or("");
    if (is_system(role)) reader.add_system(message["content"]);
    if (role == "assistant") reader.model_spoke();
    if (role != "tool" && role != "function") continue;
    ToolResult result{.call_id = std::string(message["tool_call_id"].text_or("")),
                      .name = std::string(message["name"].text_or("")),
                      .content = message["content"]};
    add_text(result.text, message["content"]);
    reader.result(std::move(result));
  }
  return {};
}

Status read_gemini_tools(const Json& body, Reader& reader) {
  for (const Json& tool : items_of(body["tools"])) {
    if (!tool.is_object()) continue;
    for (const auto& [kind, value] : tool.as_object()) {
      if (kind != "functionDeclarations" && kind != "function_declarations") {
        TRY_STATUS(reader.tool(kind, value, Json(), kind));
        continue;
      }
      for (const Json& function : items_of(value))
        TRY_STATUS(
            reader.tool("function", function,
                        any_of(function, {"parametersJsonSchema", "parameters", "parameters_json_schema"}),
                        function["name"].text_or("")));
    }
  }
  return {};
}

Status read_gemini(const Json& body, Request& request, Reader& reader) {
  const Json& system = any_of(body, {"systemInstruction", "system_instruction"});
  if (!system.is_null()) reader.add_system(system);
  TRY_STATUS(read_gemini_tools(body, reader));
  request.messages = items_of(body["contents"]).size();
  for (const Json& content : items_of(body["contents"])) {
    if (content["role"].text_or("") == "model") reader.model_spoke();
    for (const Json& part : items_of(content["parts"])) {
      const Json& answer = any_of(part, {"functionResponse", "function_response"});
      if (!answer.is_object()) continue;
      ToolResult result{.call_id = std::string(answer["id"].text_or("")),
                        .name = std::string(answer["name"].text_or("")),
                        .content = answer["response"]};
      add_text(result.text, answer["response"]);
      if (result.text.empty()) result.text = canonical(answer["response"]);
      result.is_error = !answer["response"]["error"].is_null();
      reader.result(std::move(result));
    }
  }
  return {};
}

Status check_size(const Json& body) {
  for (const char* const member : {"messages", "input", "contents"})
    if (items_of(body[member]).size() > limits::kRequestMessagesMax)
      return fail(ErrorCode::limit, "a request has too many messages", kWhere);
  for (const char* const member : {"tools", "messages", "contents"})
    if (!body[member].is_null() && !body[member].is_array())
      return fail(std::string(member) + " of a request is no list", kWhere);
  return {};
}

}  // namespace

Result<Request> read_request(const Target& target, std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) return fail(parsed.error().code, "a request cannot be read: " + parsed.error().what, kWhere);
  const Json& body = *parsed;
  if (!body.is_object()) return fail("a request is no JSON object", kWhere);
  TRY_STATUS(check_size(body));
  Request request{.target = target};
  request.model = target.model.empty() ? std::string(body["model"].text_or("")) : target.model;
  if (!body["stream"].is_null() && !body["stream"].is_bool())
    return fail("stream is neither true nor false", kWhere);
  request.stream = target.stream || body["stream"].bool_or(false);
  request.has_tools = body.has("tools") || body.has("functions");
  Reader reader(request);
  switch (target.api) {
    case Api::anthropic:
      TRY_STATUS(read_anthropic(body, request, reader));
      break;
    case Api::responses:
      TRY_STATUS(read_responses(body, request, reader));
      break;
    case Api::chat:
      TRY_STATUS(read_chat(body, request, reader));
      break;
    case Api::gemini:
      TRY_STATUS(read_gemini(body, request, reader));
      break;
  }
  reader.finish();
  return request;
}

Result<Request> read_frame(std::string_view text) {
  TRY(Request request, read_request({.api = Api::responses, .stream = true}, text));
  const auto body = parse_json(text);
  const std::string_view type = (*body)["type"].text_or("");
  if (type != "response.create" && type != "response.steer")
    return fail("a frame is neither response.create nor response.steer", kWhere);
  if (request.steer)
    for (const Json& item : items_of((*body)["input"]))
      if (item["role"].text_or("") != "user")
        return fail("a response is steered by other than the user", kWhere);
  return request;
}

}  // namespace weir::llm
