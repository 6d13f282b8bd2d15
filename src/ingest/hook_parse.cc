// Hook payload → Event. Claude Code and Codex send the same family of objects, so one parser reads both; the
// differences are fields that one of them does not send.
#include <array>

#include "base/limits.h"
#include "ingest/fields.h"
#include "ingest/hook.h"
#include "ingest/ingest.h"

namespace weir::ingest {
namespace {

namespace kind = event::kind;

struct Shape {
  std::string_view event;
  std::string_view kind;
};

// Events that are more than a notice; all others become lifecycle.
constexpr std::array kShapes = {
    Shape{"PreToolUse", kind::kToolCall},        Shape{"PermissionRequest", kind::kToolCall},
    Shape{"PostToolUse", kind::kToolResult},     Shape{"PostToolUseFailure", kind::kToolResult},
    Shape{"UserPromptSubmit", kind::kPrompt},    Shape{"UserPromptExpansion", kind::kPrompt},
    Shape{"MessageDisplay", kind::kModelOutput}, Shape{"SessionStart", kind::kSessionStart},
    Shape{"SessionEnd", kind::kSessionEnd},      Shape{"SubagentStart", kind::kAgentStart},
    Shape{"SubagentStop", kind::kAgentStop},     Shape{"ConfigChange", kind::kConfigChange},
};

std::string_view kind_of(std::string_view event_name) {
  for (const auto& shape : kShapes)
    if (shape.event == event_name) return shape.kind;
  return kind::kLifecycle;
}

std::unexpected<Error> bad(std::string what, std::string_view field) {
  return fail(ErrorCode::invalid, std::move(what), std::string(field),
              "the agent's hook protocol may have changed: see `weir doctor`");
}

// A field that may be absent but must be text when it is there.
Result<std::string> optional_text(Fields& fields, std::string_view key) {
  if (!fields.has(key)) return std::string();
  if (fields.peek(key).is_null()) {
    fields.take(key);
    return std::string();
  }
  if (!fields.peek(key).is_string()) return bad("must be text", key);
  return fields.text(key);
}

// An identifier that becomes part of a session name: absent is "", malformed is an error.
Result<std::string> session_part(Fields& fields, std::string_view key) {
  TRY(std::string id, optional_text(fields, key));
  if (!id.empty() && !valid_native_id(id)) return bad("is not a usable identifier", key);
  return id;
}

Status read_whose(event::Event& event, Fields& fields, std::string_view agent) {
  TRY(const std::string session, session_part(fields, "session_id"));
  if (session.empty()) return bad("the payload names no session", "session_id");
  TRY(const std::string agent_id, session_part(fields, "agent_id"));
  TRY(const std::string parent_id, session_part(fields, "parent_agent_id"));
  place(event, {agent, session, agent_id, parent_id});
  if (is_token(fields.peek("agent_type").text_or(""))) event.agent.type = fields.text("agent_type");
  return {};
}

// Fields of the envelope that both agents may send with any event.
void read_common(event::Event& event, Fields& fields) {
  for (const auto key : {"tool_use_id", "prompt_id", "turn_id", "message_id"})
    fields.corr_to(event, key);
  for (const auto key : {"permission_mode", "model", "duration_ms"})
    fields.token_to(event.data, key);
  const Json& effort = fields.peek("effort");
  if (effort.is_object() && effort.as_object().size() == 1 && is_token(effort["level"].text_or("")))
    event.data.set("effort", (*fields.take("effort"))["level"]);
}

Status read_tool_name(event::Event& event, Fields& fields) {
  const Json& name = fields.peek("tool_name");
  if (!name.is_string() || !valid_tool_name(name.as_string())) return bad("names no tool", "tool_name");
  const std::string tool = fields.text("tool_name");
  event.data.set("tool", tool);
  event.body.set("tool", tool);
  return {};
}

Status read_call(event::Event& event, Fields& fields, std::string_view event_name) {
  TRY_STATUS(read_tool_name(event, fields));
  if (!fields.has("tool_input")) return bad("a tool call without input", "tool_input");
  Json input = *fields.take("tool_input");
  if (input.is_null()) input = Json::object();
  if (!input.is_object()) return bad("tool input must be an object", "tool_input");
  event.body.set("input", std::move(input));
  if (event_name == "PermissionRequest") event.data.set("phase", "permission");
  return {};
}

bool says_failed(const Json& output) {
  return output["interrupted"].bool_or(false) || output["is_error"].bool_or(false) ||
         output["isError"].bool_or(false);
}

Status read_result(event::Event& event, Fields& fields, std::string_view event_name) {
  TRY_STATUS(read_tool_name(event, fields));
  if (auto input = fields.take("tool_input")) event.body.set("input", std::move(*input));
  const bool failure = event_name == "PostToolUseFailure";
  Json output;
  if (auto response = fields.take(failure ? "error" : "tool_response")) output = std::move(*response);
  event.data.set("failed", failure || says_failed(output));
  event.body.set("output", std::move(output));
  if (failure) fields.token_to(event.data, "is_interrupt", "interrupted");
  return {};
}

void read_notice(event::Event& event, Fields& fields) {
  if (valid_tool_name(fields.peek("tool_name").text_or(""))) (void)read_tool_name(event, fields);
  if (fields.peek("tool_input").is_object()) event.body.set("input", *fields.take("tool_input"));
  for (const auto key : {"source", "trigger", "stop_hook_active", "notification_type", "mcp_server_name",
                         "load_reason", "memory_type", "old_model", "new_model", "status"})
    fields.token_to(event.data, key);
  for (const auto key : {"last_assistant_message", "message"})
    if (!event.body.has("text")) fields.text_to(event.body, key, "text");
  if (!event.body.has("path")) fields.text_to(event.body, "file_path", "path");
}

// Claude Code 2.1.330 reports as a prompt, too, that a background command or sub-agent has ended. What stands
// there (a description that the model wrote, a sub-agent's answer) nobody typed.
bool is_notice(std::string_view text) {
  return text.find("<task-notification>") != std::string_view::npos;
}

Status read_body(event::Event& event, Fields& fields, std::string_view event_name) {
  if (event.kind == kind::kToolCall) return read_call(event, fields, event_name);
  if (event.kind == kind::kToolResult) return read_result(event, fields, event_name);
  if (event.kind == kind::kPrompt) {
    fields.text_to(event.body, "prompt", "text");
    if (!event.body.has("text")) return bad("a prompt without text", "prompt");
    if (is_notice(event.body["text"].text_or(""))) event.data.set("spoken_by", "agent");
  } else if (event.kind == kind::kModelOutput) {
    fields.text_to(event.body, "delta", "text");
    fields.token_to(event.data, "index");
    fields.token_to(event.data, "final");
  } else if (event.kind == kind::kConfigChange) {
    fields.text_to(event.body, "file_path", "path");
    fields.text_to(event.body, "source", "source");
  } else {
    fields.token_to(event.data, "reason");
    read_notice(event, fields);
  }
  return {};
}

}  // namespace

Result<event::Event> parse_hook(std::string_view agent, std::string_view event_name, const Json& payload) {
  const auto known = agent_from(agent);
  if (!known) return fail("Weir does not know this agent", std::string(agent), "use claude-code or codex");
  if (find_hook_event(*known, event_name) == nullptr)
    return fail("Weir does not know this hook event", std::string(*known) + ' ' + std::string(event_name),
                "run `weir init` again, so that the hooks match this version of Weir");
  if (!payload.is_object()) return bad("the payload must be a JSON object", "");
  Fields fields(payload);
  const Json named = fields.take("hook_event_name").value_or(Json());
  if (named.text_or("") != event_name)
    return bad("the payload is for another event than the hook was installed for", "hook_event_name");

  event::Event event;
  event.kind = kind_of(event_name);
  event.plane = event::plane::kHook;
  event.source = std::string(*known) + '/' + std::string(event_name);
  event.data.set("event", event_name);
  event.body = Json::object();
  TRY_STATUS(read_whose(event, fields, *known));
  read_common(event, fields);
  TRY(std::string cwd, optional_text(fields, "cwd"));
  TRY_STATUS(read_body(event, fields, event_name));
  if (!cwd.empty()) event.body.set("cwd", std::move(cwd));
  fields.rest_to(event.body);
  return event;
}

Result<event::Event> read_hook(std::string_view agent, std::string_view event_name,
                               std::string_view payload) {
  TRY(const Json json, parse_json(payload, {.bytes_max = limits::kHookPayloadBytesMax}));
  return parse_hook(agent, event_name, json);
}

std::vector<std::string_view> hookable_events(std::string_view agent) {
  std::vector<std::string_view> names;
  for (const auto& row : kHookEvents)
    if (row.agent == agent && row.hookable) names.push_back(row.name);
  return names;
}

}  // namespace weir::ingest
