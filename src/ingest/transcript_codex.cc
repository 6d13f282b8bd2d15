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
std::string take_joined_text(ViewFields& payload, std::string_view key) {
  const JsonView content = payload.peek(key);
  if (content.is_string()) return std::string(payload.text(key));
  std::string text;
  if (!content.is_array()) return text;
  bool only_text = true;
  for (const JsonView item : content.items()) {
    const JsonView part = item["text"];
    std::size_t fields = 0;
    for ([[maybe_unused]] const auto& member : item.members())
      ++fields;
    only_text = only_text && part.is_string() && fields <= 3;
    if (!part.is_string()) continue;
    if (!text.empty()) text += '\n';
    text += part.text_or("");
  }
  if (only_text) payload.take(key);
  return text;
}

// Codex writes "Process exited with code N" into the head of a command's output; what follows "Output:" is
// the command's own.
std::optional<int> exit_code(JsonView output) {
  if (const JsonView code = output["metadata"]["exit_code"]; code.is_int())
    return static_cast<int>(code.int_or(0));
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
  void read_record(JsonView record, std::uint64_t line_number) override;

 private:
  // A record: {timestamp, ordinal, type, payload}.
  struct Parts {
    ViewFields record;
    ViewFields payload;
  };
  void check_ordinal(JsonView ordinal, std::uint64_t line_number);
  Record common(ViewFields& record) const;
  bool inherited(JsonView ordinal) const;
  void read_inherited(Parts& parts, std::string_view type);
  void read_meta(Parts& parts);
  void read_item(Parts& parts, std::string_view type);
  void read_text(Parts& parts);
  void read_call(Parts& parts, std::string_view type);
  void read_result(Parts& parts);
  bool read_unannounced(Parts& parts);
  void add_notice(Parts& parts, const std::string& type);

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

Record CodexReader::common(ViewFields& record) const {
  Record made;
  event::Event& event = made.event;
  event.source = std::string(kCodex) + "/transcript";
  const bool is_sub = thread_ != session_;
  place(event, {kCodex, session_, is_sub ? std::string_view(thread_) : std::string_view(),
                parent_ == session_ ? std::string_view() : std::string_view(parent_)});
  event.agent.version = version_;
  event.agent.type = agent_type_;
  if (is_token(record.peek("timestamp").text_or(""))) event.time.source = record.text("timestamp");
  if (!turn_.empty()) event.corr["turn_id"] = turn_;
  if (!cwd_.empty()) made.body.set("cwd", cwd_);
  return made;
}

// Records are numbered from 0 without holes; a hole or a step back is something that was not seen or was
// written twice.
void CodexReader::check_ordinal(JsonView ordinal, std::uint64_t line_number) {
  if (!ordinal.is_int() || ordinal.int_or(0) < 0) return;
  const std::int64_t found = ordinal.int_or(0);
  const bool start = !last_ordinal_.has_value();
  const std::int64_t expected = start ? (line_number == 1 ? 0 : found) : *last_ordinal_ + 1;
  last_ordinal_ = found;
  if (found == expected) return;
  ViewFields none;
  Record gap = common(none);
  gap.event.kind = kind::kGap;
  gap.event.data.set("reason", found > expected ? "ordinals missing" : "ordinal repeated");
  gap.event.data.set("expected", expected);
  gap.event.data.set("found", found);
  add(std::move(gap));
}

bool CodexReader::inherited(JsonView ordinal) const {
  return ordinal.int_or(0) > 0 && ordinal.int_or(0) < own_from_;
}

void CodexReader::read_record(JsonView json, std::uint64_t line_number) {
  Parts parts;
  parts.record = ViewFields(json);
  const JsonView ordinal = parts.record.peek("ordinal");
  check_ordinal(ordinal, line_number);
  begin();
  const std::string_view type = parts.record.text("type");
  parts.payload = ViewFields(parts.record.take("payload").value_or(JsonView()));

  if (type == "session_meta" && !has_meta_) {
    read_meta(parts);
  } else if (inherited(ordinal)) {
    read_inherited(parts, type);
  } else {
    if (type == "turn_context") {
      if (const JsonView cwd = parts.payload.peek("cwd"); cwd.is_string()) cwd_ = cwd.text_or("");
      if (const auto turn = parts.payload.peek("turn_id").text_or(""); valid_native_id(turn)) turn_ = turn;
    }
    read_item(parts, type);
  }
  Record* one = first();
  if (one == nullptr) return;
  parts.record.token_to(one->event.data, "ordinal");
  parts.payload.rest_to(one->body);
  parts.record.rest_to(one->body, "record");
}

// What the sub-agent was given to remember: its parent did it, and the parent's rollout tells.
void CodexReader::read_inherited(Parts& parts, std::string_view type) {
  if (!wants(kind::kLifecycle)) {
    ++stats_.inherited;
    return skip();
  }
  Record record = common(parts.record);
  record.event.kind = kind::kLifecycle;
  record.event.data.set("inherited", true);
  record.event.data.set("type", type_name(type, parts.payload.peek("type").text_or("")));
  add(std::move(record));
}

void CodexReader::read_meta(Parts& parts) {
  ViewFields& payload = parts.payload;
  has_meta_ = true;
  const std::string_view parent =
      payload.peek("source")["subagent"]["thread_spawn"]["parent_thread_id"].text_or(
          payload.peek("parent_thread_id").text_or(""));
  if (valid_native_id(parent)) parent_ = parent;
  if (const std::string_view id = payload.id("id"); !id.empty()) thread_ = id;
  const std::string_view session = payload.id("session_id");
  // Versions that do not name the session: the parent's thread is the best known root.
  session_ = !session.empty() ? std::string(session) : !parent_.empty() ? parent_ : thread_;
  if (is_token(payload.peek("cli_version").text_or(""))) version_ = payload.text("cli_version");
  if (is_token(payload.peek("agent_role").text_or(""))) agent_type_ = payload.text("agent_role");
  if (payload.peek("cwd").is_string()) cwd_ = payload.text("cwd");
  own_from_ = payload.peek("subagent_history_start_ordinal").int_or(0);

  const std::string_view what = thread_ == session_ ? kind::kSessionStart : kind::kAgentStart;
  if (!wants(what)) return skip();
  Record placed = common(parts.record);
  placed.event.kind = what;
  payload.token_to(placed.event.data, "originator");
  payload.token_to(placed.event.data, "model_provider");
  add(std::move(placed));
}

void CodexReader::read_item(Parts& parts, std::string_view type) {
  const std::string_view sub = parts.payload.peek("type").text_or("");
  if (type == "response_item") {
    if (sub == "message" || sub == "reasoning") return read_text(parts);
    if (sub == "function_call" || sub == "custom_tool_call" || sub == "local_shell_call" ||
        sub == "web_search_call")
      return read_call(parts, sub);
    if (sub == "function_call_output" || sub == "custom_tool_call_output" || sub == "local_shell_call_output")
      return read_result(parts);
  }
  std::string full(type);
  if (!sub.empty()) (full += '/') += sub;
  if (sub == "item_completed") {
    if (read_unannounced(parts)) return;
    (full += '/') += parts.payload.peek("item")["type"].text_or("");
  }
  add_notice(parts, full);
}

void CodexReader::add_notice(Parts& parts, const std::string& type) {
  if (!is_notice(type)) count_unknown(type_name(type, ""));
  if (!wants(kind::kLifecycle)) return skip();
  Record record = common(parts.record);
  record.event.kind = kind::kLifecycle;
  record.event.data.set("type", type_name(type, ""));
  add(std::move(record));
}

// Messages of role user are prompts only where a person wrote them; Codex puts its own notes into the same
// role and marks them by provenance.
void CodexReader::read_text(Parts& parts) {
  ViewFields& payload = parts.payload;
  const bool reasoning = payload.peek("type").text_or("") == "reasoning";
  const std::string_view role = payload.peek("role").text_or("");
  const bool by_model = reasoning || role == "assistant";
  const std::string_view what = by_model         ? kind::kModelOutput
                                : role == "user" ? kind::kPrompt
                                                 : kind::kLifecycle;
  if (!wants(what)) return skip();
  Record record = common(parts.record);
  event::Event& event = record.event;
  event.kind = what;
  std::string text = take_joined_text(payload, reasoning ? "summary" : "content");
  if (reasoning) event.data.set("thinking", true);
  if (what == kind::kPrompt) {
    const JsonView kinds = payload.peek("internal_chat_message_metadata_passthrough")["content_item_kinds"];
    bool any = false;
    bool by_person = false;
    for (const JsonView item : kinds.items()) {
      any = true;
      by_person = by_person || item.text_or("").starts_with("user.");
    }
    if (any && !by_person) event.data.set("meta", true);
  } else if (what == kind::kLifecycle) {
    event.data.set("type", type_name("message", role));
  }
  record.body.set("text", std::move(text));
  payload.corr_to(event, "id", "message_id");
  add(std::move(record));
}

// The tool's name as hooks give it: MCP tools with their server, others without the namespace.
std::string full_tool_name(const ViewFields& payload) {
  const std::string space(payload.peek("namespace").text_or(""));
  std::string tool(payload.peek("name").text_or(""));
  if (!space.starts_with("mcp__") || tool.starts_with("mcp__")) return tool;
  return space + (space.ends_with("__") ? "" : "__") + tool;
}

void CodexReader::read_call(Parts& parts, std::string_view type) {
  ViewFields& payload = parts.payload;
  Record record = common(parts.record);
  event::Event& event = record.event;
  event.kind = kind::kToolCall;
  std::string tool = full_tool_name(payload);
  Json input;
  if (type == "function_call") {
    const std::string_view arguments = payload.text("arguments");
    auto parsed = parse_json(arguments);
    if (parsed && parsed->is_object()) {
      input = *std::move(parsed);
    } else {
      input = Json::object({{"arguments", arguments}});
      event.data.set("malformed", true);
    }
  } else if (type == "custom_tool_call") {
    input = Json::object({{"input", payload.take("input").value_or(JsonView()).to_json()}});
  } else {
    tool = type == "local_shell_call" ? "local_shell" : "web_search";
    const auto action = payload.take("action");
    input = action ? action->to_json() : Json::object();
    if (!input.is_object()) input = Json::object({{"action", std::move(input)}});
    if (type == "web_search_call") event.data.set("runs", "server");
  }
  if (!valid_tool_name(tool)) {
    event.data.set("malformed", true);
    tool.clear();
  }
  const std::string id(payload.id("call_id"));
  if (!id.empty()) {
    event.corr["call_id"] = event.corr["tool_use_id"] = id;
    calls_.remember(id, tool);
  }
  event.data.set("tool", tool);
  record.body.set("tool", tool);
  record.body.set("input", std::move(input));
  add(std::move(record));
}

void CodexReader::read_result(Parts& parts) {
  ViewFields& payload = parts.payload;
  Record record = common(parts.record);
  event::Event& event = record.event;
  event.kind = kind::kToolResult;
  const std::string id(payload.id("call_id"));
  if (!id.empty()) event.corr["call_id"] = event.corr["tool_use_id"] = id;
  const std::string tool = calls_.tool(id);
  const JsonView output = payload.take("output").value_or(JsonView());
  const auto code = exit_code(output);
  const bool failed = code.value_or(0) != 0 || !output["success"].bool_or(true);
  event.data.set("tool", tool);
  event.data.set("failed", failed);
  if (code) event.data.set("exit_code", *code);
  record.body.set("tool", tool);
  record.body.set("output", output);
  add(std::move(record));
}

// Completed items repeat calls that were announced as response items. One that was not announced ran all the
// same (a user's own `!command`, calls inside code mode): it becomes a call, marked as derived.
bool CodexReader::read_unannounced(Parts& parts) {
  const JsonView item = parts.payload.peek("item");
  const std::string_view type = item["type"].text_or("");
  if (type != "CommandExecution" && type != "FileChange" && type != "McpToolCall") return false;
  const std::string id(item["id"].text_or(""));
  if (!valid_native_id(id) || calls_.knows(id)) return false;
  Record record = common(parts.record);
  event::Event& call = record.event;
  call.kind = kind::kToolCall;
  call.data.set("derived", true);
  call.corr["call_id"] = call.corr["tool_use_id"] = id;
  std::string tool = "local_shell";
  Json input = Json::object({{"command", item["command"].to_json()}});
  if (type == "FileChange") {
    tool = "file_change";
    input = Json::object({{"changes", item["changes"].to_json()}});
  } else if (type == "McpToolCall") {
    tool = "mcp__" + std::string(item["server"].text_or("")) + "__" + std::string(item["tool"].text_or(""));
    if (!valid_tool_name(tool)) tool = "mcp__";
    input = item["arguments"].is_object() ? item["arguments"].to_json() : Json::object();
  }
  calls_.remember(id, tool);
  if (const auto source = item["source"].text_or(""); is_token(source)) call.data.set("item_source", source);
  call.data.set("tool", tool);
  record.body.set("tool", tool);
  record.body.set("input", std::move(input));
  add(std::move(record));
  return true;
}

}  // namespace

std::unique_ptr<TranscriptReader> make_codex_reader(std::string path) {
  return std::make_unique<CodexReader>(std::move(path));
}

}  // namespace weir::ingest
