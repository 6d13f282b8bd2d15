#include "daemon/scripted_model.h"

namespace weir::daemon {
namespace {

constexpr const char* kGoodbye = "done";

std::string event_text(const Json& event) {
  return "event: " + event["type"].as_string() + "\ndata: " + compact(event) + "\n\n";
}

net::HttpResponse stream(const std::vector<Json>& events) {
  net::HttpResponse response{.status = 200, .content_type = "text/event-stream", .body = {}};
  for (const auto& event : events)
    response.body += event_text(event);
  return response;
}

// A text, or the texts of a list of parts.
std::string text_of(const Json& content) {
  if (content.is_string()) return content.as_string();
  std::string text;
  if (content.is_array())
    for (const Json& part : content.as_array())
      text += std::string(part["text"].text_or("")) + "\n";
  return text;
}

bool offers(const Json& tools, std::string_view name) {
  if (!tools.is_array()) return false;
  for (const Json& tool : tools.as_array())
    if (tool["name"].text_or("") == name) return true;
  return false;
}

bool has_tools(const Json& request) {
  return request["tools"].is_array() && !request["tools"].as_array().empty();
}

// The shell tool of this client, and its input.
struct Call {
  std::string name;
  Json input;
};
Call shell_call(const Json& tools, const std::string& command) {
  if (offers(tools, "exec_command")) return {"exec_command", Json::object({{"cmd", command}})};
  if (offers(tools, "shell_command")) return {"shell_command", Json::object({{"command", command}})};
  if (offers(tools, "shell"))
    return {"shell", Json::object({{"command", Json::array({"bash", "-lc", command})}})};
  return {"Bash", Json::object({{"command", command}, {"description", "a call that must be refused"}})};
}

// Anthropic Messages: texts of all tool_result blocks.
std::vector<std::string> results_of_messages(const Json& request) {
  std::vector<std::string> texts;
  if (!request["messages"].is_array()) return texts;
  for (const Json& message : request["messages"].as_array()) {
    if (!message["content"].is_array()) continue;
    for (const Json& block : message["content"].as_array())
      if (block["type"].text_or("") == "tool_result") texts.push_back(text_of(block["content"]));
  }
  return texts;
}

// OpenAI Responses: outputs of all calls.
std::vector<std::string> results_of_responses(const Json& request) {
  std::vector<std::string> texts;
  if (!request["input"].is_array()) return texts;
  for (const Json& item : request["input"].as_array())
    if (item["type"].text_or("").ends_with("_call_output")) texts.push_back(text_of(item["output"]));
  return texts;
}

std::vector<Json> message_events(const std::string& model, const Json& block, const Json& delta,
                                 const char* stop_reason) {
  const Json usage = Json::object({{"input_tokens", 1}, {"output_tokens", 1}});
  const Json message = Json::object({{"id", "msg_weir"},
                                     {"type", "message"},
                                     {"role", "assistant"},
                                     {"model", model},
                                     {"content", Json::array()},
                                     {"stop_reason", Json()},
                                     {"stop_sequence", Json()},
                                     {"usage", usage}});
  return {Json::object({{"type", "message_start"}, {"message", message}}),
          Json::object({{"type", "content_block_start"}, {"index", 0}, {"content_block", block}}),
          Json::object({{"type", "content_block_delta"}, {"index", 0}, {"delta", delta}}),
          Json::object({{"type", "content_block_stop"}, {"index", 0}}),
          Json::object({{"type", "message_delta"},
                        {"delta", Json::object({{"stop_reason", stop_reason}, {"stop_sequence", Json()}})},
                        {"usage", Json::object({{"output_tokens", 1}})}}),
          Json::object({{"type", "message_stop"}})};
}

// The same answer for a client that does not stream.
net::HttpResponse whole_message(const std::string& model, const char* text) {
  const Json block = Json::object({{"type", "text"}, {"text", text}});
  return {200, "application/json",
          compact(Json::object({{"id", "msg_weir"},
                                {"type", "message"},
                                {"role", "assistant"},
                                {"model", model},
                                {"content", Json::array({block})},
                                {"stop_reason", "end_turn"},
                                {"stop_sequence", Json()},
                                {"usage", Json::object({{"input_tokens", 1}, {"output_tokens", 1}})}}))};
}

net::HttpResponse stream_of_item(const Json& item) {
  Json response = Json::object({{"id", "resp_weir"},
                                {"object", "response"},
                                {"created_at", 0},
                                {"status", "in_progress"},
                                {"output", Json::array()}});
  std::vector<Json> events;
  const auto add = [&](const char* type, Json event) {
    event.set("type", type).set("sequence_number", static_cast<std::int64_t>(events.size()));
    events.push_back(std::move(event));
  };
  add("response.created", Json::object({{"response", response}}));
  add("response.output_item.added", Json::object({{"output_index", 0}, {"item", item}}));
  add("response.output_item.done", Json::object({{"output_index", 0}, {"item", item}}));
  response.set("status", "completed")
      .set("output", Json::array({item}))
      .set("usage", Json::object({{"input_tokens", 1},
                                  {"input_tokens_details", Json::object({{"cached_tokens", 0}})},
                                  {"output_tokens", 1},
                                  {"output_tokens_details", Json::object({{"reasoning_tokens", 0}})},
                                  {"total_tokens", 2}}));
  add("response.completed", Json::object({{"response", response}}));
  return stream(events);
}

}  // namespace

net::HttpResponse ScriptedModel::answer(const net::HttpRequest& request) {
  if (request.method == "HEAD") return {};
  if (request.method == "GET" && request.path.ends_with("/models"))
    return {200, "application/json",
            R"({"object":"list","has_more":false,"data":[{"id":"weir-live","object":"model","type":"model",)"
            R"("display_name":"weir-live","created_at":"2026-01-01T00:00:00Z"}],"models":[]})"};
  const auto body = parse_json(request.body, {.bytes_max = net::kHttpBodyBytesMax});
  if (request.method == "POST" && body && body->is_object()) {
    if (request.path.ends_with("/count_tokens")) return {200, "application/json", R"({"input_tokens":1})"};
    if (request.path.ends_with("/messages")) return messages(*body);
    if (request.path.ends_with("/responses")) return responses(*body);
  }
  return {
      404, "application/json",
      R"({"type":"error","error":{"type":"not_found_error","message":"the test model has no such path"}})"};
}

net::HttpResponse ScriptedModel::messages(const Json& request) {
  const std::string model(request["model"].text_or("weir-live"));
  auto results = results_of_messages(request);
  const bool call_now = has_tools(request) && results.empty();
  note(call_now, std::move(results));
  if (!request["stream"].bool_or(false)) return whole_message(model, kGoodbye);
  if (!call_now)
    return stream(message_events(model, Json::object({{"type", "text"}, {"text", ""}}),
                                 Json::object({{"type", "text_delta"}, {"text", kGoodbye}}), "end_turn"));
  const Call call = shell_call(request["tools"], command_);
  return stream(message_events(
      model,
      Json::object(
          {{"type", "tool_use"}, {"id", "toolu_weir_live"}, {"name", call.name}, {"input", Json::object()}}),
      Json::object({{"type", "input_json_delta"}, {"partial_json", compact(call.input)}}), "tool_use"));
}

net::HttpResponse ScriptedModel::responses(const Json& request) {
  auto results = results_of_responses(request);
  const bool call_now = has_tools(request) && results.empty();
  note(call_now, std::move(results));
  if (call_now) {
    const Call call = shell_call(request["tools"], command_);
    return stream_of_item(Json::object({{"type", "function_call"},
                                        {"id", "fc_weir_live"},
                                        {"call_id", "call_weir_live"},
                                        {"name", call.name},
                                        {"arguments", compact(call.input)},
                                        {"status", "completed"}}));
  }
  const Json part =
      Json::object({{"type", "output_text"}, {"text", kGoodbye}, {"annotations", Json::array()}});
  return stream_of_item(Json::object({{"type", "message"},
                                      {"id", "msg_weir"},
                                      {"role", "assistant"},
                                      {"status", "completed"},
                                      {"content", Json::array({part})}}));
}

void ScriptedModel::note(bool asked, std::vector<std::string> heard) {
  const std::lock_guard lock(mutex_);
  asked_ = asked_ || asked;
  if (!heard.empty()) heard_ = std::move(heard);
}

bool ScriptedModel::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::vector<std::string> ScriptedModel::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

}  // namespace weir::daemon
