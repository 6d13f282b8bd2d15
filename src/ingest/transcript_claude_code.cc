// Session files of Claude Code (2.1.x). One message of the model is written as several lines, one per content
// block, with the same message.id; a sub-agent has a file of its own whose lines carry agentId.
#include <array>
#include <optional>
#include <utility>

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
  void read_record(JsonView record, std::uint64_t line_number) override;

 private:
  // A record with what its Events share, made when the first of them is, and kept when others follow.
  struct Parts {
    ViewFields fields;
    ViewFields message;
    bool has_many = false;
    std::optional<Record> common;
  };
  Record common(Parts& parts);
  void add_placed(ViewFields& fields, Record& record) const;
  void read_message(Parts& parts, bool by_model);
  void read_block(Parts& parts, JsonView block, bool by_model);
  void read_text(Parts& parts, JsonView text, bool thinking, bool by_model, ViewFields block);
  void read_call(Parts& parts, JsonView call);
  void read_result(Parts& parts, JsonView result);
  void read_notice(Parts& parts, std::string_view type);
  void add_lifecycle(Parts& parts, const std::string& type, std::string_view member, Json block);
  void count_usage(JsonView message);

  std::string session_;
  std::string agent_id_;
  std::string cwd_;
  CallNames calls_;
  std::string counted_message_;      // the message whose usage was counted last …
  std::uint64_t counted_input_ = 0;  // … and how much of it
  std::uint64_t counted_output_ = 0;
};

// Whose record it is, and when it was written.
void ClaudeCodeReader::add_placed(ViewFields& fields, Record& record) const {
  event::Event& event = record.event;
  event.source = std::string(kClaudeCode) + "/transcript";
  std::string_view session = fields.id("sessionId");
  if (session.empty()) session = session_;
  std::string_view agent_id = fields.id("agentId");
  if (agent_id.empty()) agent_id = agent_id_;
  // Versions before 2.1 wrote sub-agents into the session's own file and did not name them.
  if (agent_id.empty() && fields.peek("isSidechain").bool_or(false)) agent_id = "sidechain";
  place(event, {kClaudeCode, session, agent_id, ""});
  if (is_token(fields.peek("version").text_or(""))) event.agent.version = fields.text("version");
  if (is_token(fields.peek("attributionAgent").text_or("")))
    event.agent.type = fields.text("attributionAgent");
  if (is_token(fields.peek("timestamp").text_or(""))) event.time.source = fields.text("timestamp");
}

Record ClaudeCodeReader::common(Parts& parts) {
  if (parts.common) return *parts.common;
  ViewFields& fields = parts.fields;
  Record record;
  event::Event& event = record.event;
  add_placed(fields, record);
  fields.corr_to(event, "uuid", "record_id");
  fields.corr_to(event, "promptId", "prompt_id");
  fields.corr_to(event, "requestId", "request_id");
  fields.token_to(event.data, "permissionMode", "permission_mode");
  fields.token_to(event.data, "promptSource", "prompt_source");
  fields.token_to(event.data, "isMeta", "meta");  // text that the agent itself put in, not the user
  fields.token_to(event.data, "isCompactSummary", "compact");
  fields.text("cwd");
  if (!cwd_.empty()) record.body.set("cwd", cwd_);
  parts.message.corr_to(event, "id", "message_id");
  parts.message.token_to(event.data, "model");
  if (parts.has_many) parts.common = record;
  return record;
}

void ClaudeCodeReader::read_record(JsonView json, std::uint64_t) {
  Parts parts;
  parts.fields = ViewFields(json);
  ViewFields& fields = parts.fields;
  if (const JsonView cwd = fields.peek("cwd"); cwd.is_string() && cwd.text_or("") != cwd_)
    cwd_ = cwd.text_or("");
  const std::string_view type = fields.text("type");
  const bool message = fields.peek("message").is_object();
  if (message && (type == "user" || type == "assistant"))
    read_message(parts, type == "assistant");
  else
    read_notice(parts, type);
  if (Record* one = first()) fields.rest_to(one->body);
}

// Lines of one message repeat its usage, growing: only what was not counted yet is added.
void ClaudeCodeReader::count_usage(JsonView message) {
  const std::string_view id = message["id"].text_or("");
  const JsonView usage = message["usage"];
  if (id.empty() || !usage.is_object()) return;
  if (id != counted_message_) {
    counted_message_ = id;
    counted_input_ = counted_output_ = 0;
  }
  const std::uint64_t input = count_of(usage["input_tokens"]);
  const std::uint64_t output = count_of(usage["output_tokens"]);
  if (input > counted_input_) {
    stats_.input_tokens += input - counted_input_;
    counted_input_ = input;
  }
  if (output > counted_output_) {
    stats_.output_tokens += output - counted_output_;
    counted_output_ = output;
  }
}

void ClaudeCodeReader::read_message(Parts& parts, bool by_model) {
  const JsonView whole = *parts.fields.take("message");
  count_usage(whole);
  parts.message = ViewFields(whole);
  const JsonView content = parts.message.take("content").value_or(JsonView());
  bool any = !content.is_array();
  const auto blocks = content.items();
  if (auto second = blocks.begin(); second != blocks.end()) parts.has_many = ++second != blocks.end();
  for (const JsonView block : blocks) {
    read_block(parts, block, by_model);
    any = true;
  }
  if (content.is_string())
    read_text(parts, content, false, by_model, {});
  else if (!content.is_array()) {
    // No form that is known: kept as a block of text whose text is none.
    const std::string type = type_name(by_model ? "assistant" : "user", "text");
    count_unknown(type);
    add_lifecycle(parts, type, "block", Json::object({{"type", "text"}, {"text", content.to_json()}}));
  }
  if (!any)  // an empty list of blocks: keep the record
    add_lifecycle(parts, type_name(by_model ? "assistant" : "user", "empty"), "", {});
  if (Record* one = first()) parts.message.rest_to(one->body, "message");
}

void ClaudeCodeReader::add_lifecycle(Parts& parts, const std::string& type, std::string_view member,
                                     Json block) {
  if (!wants(kind::kLifecycle)) return skip();
  Record record = common(parts);
  record.event.kind = kind::kLifecycle;
  record.event.data.set("type", type);
  if (!member.empty()) record.body.set(member, std::move(block));
  add(std::move(record));
}

void ClaudeCodeReader::read_block(Parts& parts, JsonView block, bool by_model) {
  const std::string_view type = block["type"].text_or("");
  if ((type == "tool_use" || type == "server_tool_use" || type == "mcp_tool_use") &&
      valid_tool_name(block["name"].text_or("")))
    return read_call(parts, block);
  if (type.ends_with("tool_result") && block["tool_use_id"].is_string()) return read_result(parts, block);
  const std::string_view text_key = type == "thinking" ? "thinking" : "text";
  if (type == text_key) {
    ViewFields fields(block);
    fields.take("type");
    if (const JsonView text = fields.peek(text_key); text.is_string()) {
      fields.take(text_key);
      return read_text(parts, text, type == "thinking", by_model, std::move(fields));
    }
  }
  const std::string known = type_name(by_model ? "assistant" : "user", type);
  if (type != "image" && type != "document" && type != "redacted_thinking") count_unknown(known);
  add_lifecycle(parts, known, "block", wants(kind::kLifecycle) ? block.to_json() : Json());
}

void ClaudeCodeReader::read_text(Parts& parts, JsonView text, bool thinking, bool by_model,
                                 ViewFields block) {
  const std::string_view what = by_model ? kind::kModelOutput : kind::kPrompt;
  if (!wants(what)) return skip();
  Record record = common(parts);
  record.event.kind = what;
  if (thinking) record.event.data.set("thinking", true);
  record.body.set("text", text);
  block.rest_to(record.body, "block");
  add(std::move(record));
}

void ClaudeCodeReader::read_call(Parts& parts, JsonView call) {
  ViewFields block(call);
  Record record = common(parts);
  event::Event& event = record.event;
  event.kind = kind::kToolCall;
  // Calls that the vendor runs are seen by no hook.
  if (block.peek("type").text_or("") != "tool_use") event.data.set("runs", "server");
  const std::string tool(block.text("name"));
  block.take("type");
  block.corr_to(event, "id", "tool_use_id");
  if (const auto id = event.corr.find("tool_use_id"); id != event.corr.end())
    calls_.remember(id->second, tool);
  event.data.set("tool", tool);
  record.body.set("tool", tool);
  if (const auto input = block.take("input"))
    record.body.set("input", *input);
  else
    record.body.set("input", Json::object());
  block.rest_to(record.body, "block");
  add(std::move(record));
}

void ClaudeCodeReader::read_result(Parts& parts, JsonView result) {
  ViewFields block(result);
  Record record = common(parts);
  event::Event& event = record.event;
  event.kind = kind::kToolResult;
  block.take("type");
  block.corr_to(event, "tool_use_id");
  const auto id = event.corr.find("tool_use_id");
  const std::string tool = id == event.corr.end() ? std::string() : calls_.tool(id->second);
  event.data.set("tool", tool);
  record.body.set("tool", tool);
  event.data.set("failed", block.peek("is_error").bool_or(false));
  const JsonView permission = parts.fields.peek("permissionDecision");
  for (const auto& [key, name] :
       {std::pair{"decision", "permission"}, std::pair{"source", "permission_source"}})
    if (const auto word = permission[key].text_or(""); is_token(word)) event.data.set(name, word);
  record.body.set("output", block.take("content").value_or(JsonView()));
  block.rest_to(record.body, "block");
  add(std::move(record));
}

void ClaudeCodeReader::read_notice(Parts& parts, std::string_view type) {
  ViewFields& fields = parts.fields;
  std::string_view subtype;
  if (type == "system") subtype = fields.peek("subtype").text_or("");
  if (type == "attachment") subtype = fields.peek("attachment")["type"].text_or("");
  const bool known = is_notice(type);
  if (known && !wants(kind::kLifecycle)) return skip();
  const std::string full = type_name(type, subtype);
  if (!known) count_unknown(full);
  if (!wants(kind::kLifecycle)) return skip();
  Record record = common(parts);
  record.event.kind = kind::kLifecycle;
  record.event.data.set("type", full);
  fields.text_to(record.body, "content", "text");
  add(std::move(record));
}

}  // namespace

std::unique_ptr<TranscriptReader> make_claude_code_reader(TranscriptFormat, std::string path) {
  return std::make_unique<ClaudeCodeReader>(std::move(path));
}

}  // namespace weir::ingest
