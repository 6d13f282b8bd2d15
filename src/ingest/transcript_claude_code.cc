// Session files of Claude Code (2.1.x). One message of the model is written as several lines, one per content
// block, with the same message.id; a sub-agent has a file of its own whose lines carry agentId.
#include <array>

#include "ingest/places.h"
#include "ingest/transcript_common.h"

namespace weir::ingest {
namespace {

namespace kind = event::kind;

// Types of records that are known and carry no action; anything else is counted as unknown.
constexpr std::array<std::string_view, 14> kNotices = {
    "system",           "attachment", "queue-operation", "api-request",          "api-request-shape",
    "api-request-blob", "atis-latch", "last-prompt",     "tools-used",           "cost-state",
    "summary",          "mode",       "custom-title",    "file-history-snapshot"};

bool is_notice(std::string_view type) {
  for (const auto known : kNotices)
    if (known == type) return true;
  return false;
}

class ClaudeCodeReader final : public TranscriptReader {
 public:
  explicit ClaudeCodeReader(std::string path) : TranscriptReader(std::move(path)) {
    if (const auto from_path = read_transcript_path(path_)) {
      session_ = from_path->session;
      agent_id_ = from_path->agent_id;
    }
    if (session_.empty()) session_ = "unknown";
  }

 protected:
  void read_record(Json record, std::uint64_t line_number, std::vector<event::Event>& events) override;

 private:
  using Events = std::vector<event::Event>;

  event::Event read_common(Fields& fields);
  void read_message(const event::Event& common, Fields& fields, bool by_model, Events& events);
  void read_block(const event::Event& common, Json block, bool by_model, Fields& record, Events& events);
  void read_call(event::Event event, Fields& block, Events& events);
  void read_result(event::Event event, Fields& block, Fields& record, Events& events);
  void read_notice(event::Event event, std::string_view type, Fields& fields, Events& events);
  void count_usage(const Json& message);

  std::string session_;
  std::string agent_id_;
  std::string cwd_;
  CallNames calls_;
  std::string counted_message_;      // the message whose usage was counted last …
  std::uint64_t counted_input_ = 0;  // … and how much of it
  std::uint64_t counted_output_ = 0;
};

event::Event ClaudeCodeReader::read_common(Fields& fields) {
  event::Event event;
  event.source = std::string(kClaudeCode) + "/transcript";
  std::string session = fields.id("sessionId");
  if (session.empty()) session = session_;
  std::string agent_id = fields.id("agentId");
  if (agent_id.empty()) agent_id = agent_id_;
  // Versions before 2.1 wrote sub-agents into the session's own file and did not name them.
  if (agent_id.empty() && fields.peek("isSidechain").bool_or(false)) agent_id = "sidechain";
  place(event, {kClaudeCode, session, agent_id, ""});
  if (is_token(fields.peek("version").text_or(""))) event.agent.version = fields.text("version");
  if (is_token(fields.peek("attributionAgent").text_or("")))
    event.agent.type = fields.text("attributionAgent");
  if (is_token(fields.peek("timestamp").text_or(""))) event.time.source = fields.text("timestamp");
  fields.corr_to(event, "uuid", "record_id");
  fields.corr_to(event, "promptId", "prompt_id");
  fields.corr_to(event, "requestId", "request_id");
  fields.token_to(event.data, "permissionMode", "permission_mode");
  fields.token_to(event.data, "promptSource", "prompt_source");
  fields.token_to(event.data, "isMeta", "meta");  // text that the agent itself put in, not the user
  fields.token_to(event.data, "isCompactSummary", "compact");
  if (fields.peek("cwd").is_string()) cwd_ = fields.text("cwd");
  event.body = Json::object();
  if (!cwd_.empty()) event.body.set("cwd", cwd_);
  return event;
}

void ClaudeCodeReader::read_record(Json record, std::uint64_t, Events& events) {
  Fields fields(std::move(record));
  event::Event common = read_common(fields);
  const std::string type = fields.text("type");
  const bool message = fields.peek("message").is_object();
  if (message && (type == "user" || type == "assistant"))
    read_message(common, fields, type == "assistant", events);
  else
    read_notice(std::move(common), type, fields, events);
  if (events.empty()) return;
  fields.rest_to(events.front().body);
}

// Lines of one message repeat its usage, growing: only what was not counted yet is added.
void ClaudeCodeReader::count_usage(const Json& message) {
  const std::string id(message["id"].text_or(""));
  if (id.empty() || !message["usage"].is_object()) return;
  if (id != counted_message_) {
    counted_message_ = id;
    counted_input_ = counted_output_ = 0;
  }
  const std::uint64_t input = count_of(message["usage"]["input_tokens"]);
  const std::uint64_t output = count_of(message["usage"]["output_tokens"]);
  if (input > counted_input_) {
    stats_.input_tokens += input - counted_input_;
    counted_input_ = input;
  }
  if (output > counted_output_) {
    stats_.output_tokens += output - counted_output_;
    counted_output_ = output;
  }
}

void ClaudeCodeReader::read_message(const event::Event& common, Fields& fields, bool by_model,
                                    Events& events) {
  count_usage(fields.peek("message"));
  Fields message(*fields.take("message"));
  event::Event base = common;
  message.corr_to(base, "id", "message_id");
  message.token_to(base.data, "model");
  Json content = message.take("content").value_or(Json());
  if (content.is_array()) {
    for (Json& block : content.as_array())
      read_block(base, std::move(block), by_model, fields, events);
  } else {
    Json block = Json::object({{"type", "text"}, {"text", std::move(content)}});
    read_block(base, std::move(block), by_model, fields, events);
  }
  if (events.empty()) {  // an empty list of blocks: keep the record
    base.kind = kind::kLifecycle;
    base.data.set("type", type_name(by_model ? "assistant" : "user", "empty"));
    events.push_back(std::move(base));
  }
  message.rest_to(events.front().body, "message");
}

void ClaudeCodeReader::read_block(const event::Event& common, Json block, bool by_model, Fields& record,
                                  Events& events) {
  event::Event event = common;
  const std::string type(block["type"].text_or(""));
  if ((type == "tool_use" || type == "server_tool_use" || type == "mcp_tool_use") &&
      valid_tool_name(block["name"].text_or(""))) {
    Fields fields(std::move(block));
    if (type != "tool_use") event.data.set("runs", "server");  // the vendor runs it, no hook sees it
    return read_call(std::move(event), fields, events);
  }
  if (type.ends_with("tool_result") && block["tool_use_id"].is_string()) {
    Fields fields(std::move(block));
    return read_result(std::move(event), fields, record, events);
  }
  const std::string_view text_key = type == "thinking" ? "thinking" : "text";
  if ((type == "text" || type == "thinking") && block[text_key].is_string()) {
    Fields fields(std::move(block));
    fields.take("type");
    event.kind = by_model ? kind::kModelOutput : kind::kPrompt;
    if (type == "thinking") event.data.set("thinking", true);
    fields.text_to(event.body, text_key, "text");
    fields.rest_to(event.body, "block");
    events.push_back(std::move(event));
    return;
  }
  const std::string known = type_name(by_model ? "assistant" : "user", type);
  if (type != "image" && type != "document" && type != "redacted_thinking") count_unknown(known);
  event.kind = kind::kLifecycle;
  event.data.set("type", known);
  event.body.set("block", std::move(block));
  events.push_back(std::move(event));
}

void ClaudeCodeReader::read_call(event::Event event, Fields& block, Events& events) {
  event.kind = kind::kToolCall;
  const std::string tool = block.text("name");
  block.take("type");
  block.corr_to(event, "id", "tool_use_id");
  if (const auto id = event.corr.find("tool_use_id"); id != event.corr.end())
    calls_.remember(id->second, tool);
  event.data.set("tool", tool);
  event.body.set("tool", tool);
  event.body.set("input", block.take("input").value_or(Json::object()));
  block.rest_to(event.body, "block");
  events.push_back(std::move(event));
}

void ClaudeCodeReader::read_result(event::Event event, Fields& block, Fields& record, Events& events) {
  event.kind = kind::kToolResult;
  block.take("type");
  block.corr_to(event, "tool_use_id");
  const auto id = event.corr.find("tool_use_id");
  const std::string tool = id == event.corr.end() ? std::string() : calls_.tool(id->second);
  event.data.set("tool", tool);
  event.body.set("tool", tool);
  event.data.set("failed", block.peek("is_error").bool_or(false));
  const Json& permission = record.peek("permissionDecision");
  if (is_token(permission["decision"].text_or(""))) event.data.set("permission", permission["decision"]);
  if (is_token(permission["source"].text_or(""))) event.data.set("permission_source", permission["source"]);
  event.body.set("output", block.take("content").value_or(Json()));
  block.rest_to(event.body, "block");
  events.push_back(std::move(event));
}

void ClaudeCodeReader::read_notice(event::Event event, std::string_view type, Fields& fields,
                                   Events& events) {
  std::string_view subtype;
  if (type == "system") subtype = fields.peek("subtype").text_or("");
  if (type == "attachment") subtype = fields.peek("attachment")["type"].text_or("");
  const std::string known = type_name(type, subtype);
  if (!is_notice(type)) count_unknown(known);
  event.kind = kind::kLifecycle;
  event.data.set("type", known);
  fields.text_to(event.body, "content", "text");
  events.push_back(std::move(event));
}

}  // namespace

std::unique_ptr<TranscriptReader> make_claude_code_reader(TranscriptFormat, std::string path) {
  return std::make_unique<ClaudeCodeReader>(std::move(path));
}

}  // namespace weir::ingest
