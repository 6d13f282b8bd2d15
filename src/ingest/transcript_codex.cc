// Rollout files of Codex (0.169.0): {timestamp, ordinal, type, payload}. `ordinal` counts records from 0, so
// a missing one shows. A sub-agent has a rollout of its own; one that was forked begins with a copy of its
// parent's history, up to session_meta.subagent_history_start_ordinal.
#include <array>
#include <charconv>
#include <optional>

#include "ingest/places.h"
#include "ingest/transcript_common.h"

namespace weir::ingest {
namespace {

namespace kind = event::kind;

// Known records without an action, as "type" or "type/payload type"; all others are counted as unknown.
constexpr std::array<std::string_view, 33> kNotices = {
    "turn_context",
    "world_state",
    "token_usage_record",
    "compacted",
    "session_meta",
    "response_item/reasoning",
    "response_item/message",
    "response_item/compaction",
    "response_item/ghost_snapshot",
    "event_msg/task_started",
    "event_msg/task_complete",
    "event_msg/thread_settings_applied",
    "event_msg/token_count",
    "event_msg/user_message",
    "event_msg/agent_message",
    "event_msg/agent_reasoning",
    "event_msg/context_compacted",
    "event_msg/turn_aborted",
    "event_msg/turn_diff",
    "event_msg/error",
    "event_msg/warning",
    "event_msg/hook_started",
    "event_msg/hook_completed",
    "event_msg/item_completed/UserMessage",
    "event_msg/item_completed/AgentMessage",
    "event_msg/item_completed/Reasoning",
    "event_msg/item_completed/Plan",
    "event_msg/item_completed/CommandExecution",
    "event_msg/item_completed/FileChange",
    "event_msg/item_completed/McpToolCall",
    "event_msg/item_completed/CollabAgentToolCall",
    "event_msg/item_completed/WebSearch",
    "event_msg/item_completed/ImageView",
};

bool is_notice(std::string_view type) {
  for (const auto known : kNotices)
    if (known == type) return true;
  return false;
}

// Text of a message: its content items joined by line ends. The field is taken only when it held no more than
// that text, so that images and the like stay in the rest.
std::string take_joined_text(Fields& payload, std::string_view key) {
  const Json& content = payload.peek(key);
  if (content.is_string()) return payload.text(key);
  std::string text;
  if (!content.is_array()) return text;
  bool only_text = true;
  for (const Json& item : content.as_array()) {
    only_text = only_text && item["text"].is_string() && item.as_object().size() <= 3;
    if (!item["text"].is_string()) continue;
    if (!text.empty()) text += '\n';
    text += item["text"].as_string();
  }
  if (only_text) payload.take(key);
  return text;
}

// Codex writes "Process exited with code N" into the head of a command's output; what follows "Output:" is
// the command's own.
std::optional<int> exit_code(const Json& output) {
  if (output["metadata"]["exit_code"].is_int())
    return static_cast<int>(output["metadata"]["exit_code"].as_int());
  constexpr std::string_view kMark = "Process exited with code ";
  const std::string_view text = output.text_or("");
  const std::string_view head = text.substr(0, text.find("Output:\n"));
  const std::size_t at = head.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  int code = 0;
  const char* begin = head.data() + at + kMark.size();
  if (std::from_chars(begin, head.data() + head.size(), code).ec != std::errc()) return std::nullopt;
  return code;
}

class CodexReader final : public TranscriptReader {
 public:
  explicit CodexReader(std::string path) : TranscriptReader(std::move(path)) {
    const auto from_path = read_transcript_path(path_);
    thread_ = from_path ? from_path->session : "unknown";
    session_ = thread_;
  }

 protected:
  void read_record(Json record, std::uint64_t line_number, std::vector<event::Event>& events) override;

 private:
  using Events = std::vector<event::Event>;

  void check_ordinal(const Json& ordinal, std::uint64_t line_number, Events& events);
  event::Event common(Fields& record) const;
  bool inherited(const Json& ordinal) const;
  void read_meta(const event::Event& event, Fields& payload, Events& events);
  void read_item(event::Event event, const std::string& type, Fields& payload, Events& events);
  void read_text(event::Event event, Fields& payload, Events& events);
  void read_call(event::Event event, const std::string& type, Fields& payload, Events& events);
  void read_result(event::Event event, Fields& payload, Events& events);
  bool read_unannounced(const event::Event& event, Fields& payload, Events& events);
  void add_notice(event::Event event, const std::string& type, Events& events);

  std::string session_;  // of the whole tree
  std::string thread_;   // of this file; a sub-agent's id when it is not the session's
  std::string parent_;   // thread that started this one
  std::string version_;
  std::string agent_type_;
  std::string cwd_;
  std::string turn_;
  bool has_meta_ = false;
  std::optional<std::int64_t> last_ordinal_;
  std::int64_t own_from_ = 0;  // ordinals in [1, own_from_) are the parent's history
  CallNames calls_;
};

event::Event CodexReader::common(Fields& record) const {
  event::Event event;
  event.source = std::string(kCodex) + "/transcript";
  const bool is_sub = thread_ != session_;
  place(event, {kCodex, session_, is_sub ? std::string_view(thread_) : std::string_view(),
                parent_ == session_ ? std::string_view() : std::string_view(parent_)});
  event.agent.version = version_;
  event.agent.type = agent_type_;
  if (is_token(record.peek("timestamp").text_or(""))) event.time.source = record.text("timestamp");
  if (!turn_.empty()) event.corr["turn_id"] = turn_;
  event.body = Json::object();
  if (!cwd_.empty()) event.body.set("cwd", cwd_);
  return event;
}

// Records are numbered from 0 without holes; a hole or a step back is something that was not seen or was
// written twice.
void CodexReader::check_ordinal(const Json& ordinal, std::uint64_t line_number, Events& events) {
  if (!ordinal.is_int() || ordinal.as_int() < 0) return;
  const std::int64_t found = ordinal.as_int();
  const bool start = !last_ordinal_.has_value();
  const std::int64_t expected = start ? (line_number == 1 ? 0 : found) : *last_ordinal_ + 1;
  last_ordinal_ = found;
  if (found == expected) return;
  Fields none{Json::object()};
  event::Event gap = common(none);
  gap.kind = kind::kGap;
  gap.data.set("reason", found > expected ? "ordinals missing" : "ordinal repeated");
  gap.data.set("expected", expected);
  gap.data.set("found", found);
  events.push_back(std::move(gap));
}

bool CodexReader::inherited(const Json& ordinal) const {
  return ordinal.is_int() && ordinal.as_int() > 0 && ordinal.as_int() < own_from_;
}

void CodexReader::read_record(Json json, std::uint64_t line_number, Events& events) {
  Fields record(std::move(json));
  const Json ordinal = record.peek("ordinal");
  check_ordinal(ordinal, line_number, events);
  const std::size_t first = events.size();
  const std::string type = record.text("type");
  Fields payload(record.take("payload").value_or(Json()));

  if (type == "session_meta" && !has_meta_) {
    read_meta(common(record), payload, events);
  } else if (inherited(ordinal)) {
    // What the sub-agent was given to remember: its parent did it, and the parent's rollout tells.
    event::Event event = common(record);
    event.kind = kind::kLifecycle;
    event.data.set("inherited", true);
    event.data.set("type", type_name(type, payload.peek("type").text_or("")));
    events.push_back(std::move(event));
  } else {
    if (type == "turn_context") {
      if (payload.peek("cwd").is_string()) cwd_ = payload.peek("cwd").as_string();
      if (valid_native_id(payload.peek("turn_id").text_or(""))) turn_ = payload.peek("turn_id").as_string();
    }
    read_item(common(record), type, payload, events);
  }
  record.token_to(events[first].data, "ordinal");
  payload.rest_to(events[first].body);
  record.rest_to(events[first].body, "record");
}

void CodexReader::read_meta(const event::Event& event, Fields& payload, Events& events) {
  has_meta_ = true;
  const std::string_view parent =
      payload.peek("source")["subagent"]["thread_spawn"]["parent_thread_id"].text_or(
          payload.peek("parent_thread_id").text_or(""));
  if (valid_native_id(parent)) parent_ = parent;
  if (const std::string id = payload.id("id"); !id.empty()) thread_ = id;
  const std::string session = payload.id("session_id");
  // Versions that do not name the session: the parent's thread is the best known root.
  session_ = !session.empty() ? session : !parent_.empty() ? parent_ : thread_;
  if (is_token(payload.peek("cli_version").text_or(""))) version_ = payload.text("cli_version");
  if (is_token(payload.peek("agent_role").text_or(""))) agent_type_ = payload.text("agent_role");
  if (payload.peek("cwd").is_string()) cwd_ = payload.text("cwd");
  own_from_ = payload.peek("subagent_history_start_ordinal").int_or(0);

  Fields none{Json::object()};
  event::Event placed = common(none);
  placed.time = event.time;
  placed.kind = thread_ == session_ ? kind::kSessionStart : kind::kAgentStart;
  payload.token_to(placed.data, "originator");
  payload.token_to(placed.data, "model_provider");
  events.push_back(std::move(placed));
}

void CodexReader::read_item(event::Event event, const std::string& type, Fields& payload, Events& events) {
  const std::string sub(payload.peek("type").text_or(""));
  if (type == "response_item") {
    if (sub == "message" || sub == "reasoning") return read_text(std::move(event), payload, events);
    if (sub == "function_call" || sub == "custom_tool_call" || sub == "local_shell_call" ||
        sub == "web_search_call")
      return read_call(std::move(event), sub, payload, events);
    if (sub == "function_call_output" || sub == "custom_tool_call_output" || sub == "local_shell_call_output")
      return read_result(std::move(event), payload, events);
  }
  std::string full = sub.empty() ? type : type + '/' + sub;
  if (sub == "item_completed") {
    if (read_unannounced(event, payload, events)) return;
    full += '/' + std::string(payload.peek("item")["type"].text_or(""));
  }
  add_notice(std::move(event), full, events);
}

void CodexReader::add_notice(event::Event event, const std::string& type, Events& events) {
  const std::string known = type_name(type, "");
  if (!is_notice(type)) count_unknown(known);
  event.kind = kind::kLifecycle;
  event.data.set("type", known);
  events.push_back(std::move(event));
}

// Messages of role user are prompts only where a person wrote them; Codex puts its own notes into the same
// role and marks them by provenance.
void CodexReader::read_text(event::Event event, Fields& payload, Events& events) {
  const bool reasoning = payload.peek("type").text_or("") == "reasoning";
  const std::string role(payload.peek("role").text_or(""));
  std::string text = take_joined_text(payload, reasoning ? "summary" : "content");
  if (reasoning || role == "assistant") {
    event.kind = kind::kModelOutput;
    if (reasoning) event.data.set("thinking", true);
  } else if (role == "user") {
    event.kind = kind::kPrompt;
    const Json& kinds = payload.peek("internal_chat_message_metadata_passthrough")["content_item_kinds"];
    bool by_person = !kinds.is_array() || kinds.as_array().empty();
    if (kinds.is_array())
      for (const Json& item : kinds.as_array())
        by_person = by_person || item.text_or("").starts_with("user.");
    if (!by_person) event.data.set("meta", true);
  } else {
    event.kind = kind::kLifecycle;
    event.data.set("type", type_name("message", role));
  }
  event.body.set("text", std::move(text));
  payload.corr_to(event, "id", "message_id");
  events.push_back(std::move(event));
}

// The tool's name as hooks give it: MCP tools with their server, others without the namespace.
std::string full_tool_name(Fields& payload) {
  const std::string space(payload.peek("namespace").text_or(""));
  std::string tool(payload.peek("name").text_or(""));
  if (!space.starts_with("mcp__") || tool.starts_with("mcp__")) return tool;
  return space + (space.ends_with("__") ? "" : "__") + tool;
}

void CodexReader::read_call(event::Event event, const std::string& type, Fields& payload, Events& events) {
  event.kind = kind::kToolCall;
  std::string tool = full_tool_name(payload);
  Json input;
  if (type == "function_call") {
    const std::string arguments = payload.text("arguments");
    auto parsed = parse_json(arguments);
    if (parsed && parsed->is_object()) {
      input = *std::move(parsed);
    } else {
      input = Json::object({{"arguments", arguments}});
      event.data.set("malformed", true);
    }
  } else if (type == "custom_tool_call") {
    input = Json::object({{"input", payload.take("input").value_or(Json())}});
  } else {
    tool = type == "local_shell_call" ? "local_shell" : "web_search";
    input = payload.take("action").value_or(Json::object());
    if (!input.is_object()) input = Json::object({{"action", std::move(input)}});
    if (type == "web_search_call") event.data.set("runs", "server");
  }
  if (!valid_tool_name(tool)) {
    event.data.set("malformed", true);
    tool.clear();
  }
  const std::string id = payload.id("call_id");
  if (!id.empty()) {
    event.corr["call_id"] = event.corr["tool_use_id"] = id;
    calls_.remember(id, tool);
  }
  event.data.set("tool", tool);
  event.body.set("tool", tool);
  event.body.set("input", std::move(input));
  events.push_back(std::move(event));
}

void CodexReader::read_result(event::Event event, Fields& payload, Events& events) {
  event.kind = kind::kToolResult;
  const std::string id = payload.id("call_id");
  if (!id.empty()) event.corr["call_id"] = event.corr["tool_use_id"] = id;
  const std::string tool = calls_.tool(id);
  Json output = payload.take("output").value_or(Json());
  const auto code = exit_code(output);
  bool failed = code.value_or(0) != 0;
  if (output["success"].is_bool()) failed = failed || !output["success"].as_bool();
  event.data.set("tool", tool);
  event.data.set("failed", failed);
  if (code) event.data.set("exit_code", *code);
  event.body.set("tool", tool);
  event.body.set("output", std::move(output));
  events.push_back(std::move(event));
}

// Completed items repeat calls that were announced as response items. One that was not announced ran all the
// same (a user's own `!command`, calls inside code mode): it becomes a call, marked as derived.
bool CodexReader::read_unannounced(const event::Event& event, Fields& payload, Events& events) {
  const Json& item = payload.peek("item");
  const std::string type(item["type"].text_or(""));
  const std::string id(item["id"].text_or(""));
  if (type != "CommandExecution" && type != "FileChange" && type != "McpToolCall") return false;
  if (!valid_native_id(id) || calls_.knows(id)) return false;
  event::Event call = event;
  call.kind = kind::kToolCall;
  call.data.set("derived", true);
  call.corr["call_id"] = call.corr["tool_use_id"] = id;
  std::string tool = "local_shell";
  Json input = Json::object({{"command", item["command"]}});
  if (type == "FileChange") {
    tool = "file_change";
    input = Json::object({{"changes", item["changes"]}});
  } else if (type == "McpToolCall") {
    tool = "mcp__" + std::string(item["server"].text_or("")) + "__" + std::string(item["tool"].text_or(""));
    if (!valid_tool_name(tool)) tool = "mcp__";
    input = item["arguments"].is_object() ? item["arguments"] : Json::object();
  }
  calls_.remember(id, tool);
  if (is_token(item["source"].text_or(""))) call.data.set("item_source", item["source"]);
  call.data.set("tool", tool);
  call.body.set("tool", tool);
  call.body.set("input", std::move(input));
  events.push_back(std::move(call));
  return true;
}

}  // namespace

std::unique_ptr<TranscriptReader> make_codex_reader(std::string path) {
  return std::make_unique<CodexReader>(std::move(path));
}

}  // namespace weir::ingest
