#include "llm/responses_items.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"

namespace weir::llm {
namespace {

CallKind kind_of(std::string_view type) {
  if (type == "function_call") return CallKind::function;
  if (type == "custom_tool_call") return CallKind::custom;
  if (type == "apply_patch_call") return CallKind::apply_patch;
  if (type == "shell_call" || type == "local_shell_call") return CallKind::shell;
  if (type == "computer_call") return CallKind::computer;
  if (type == "mcp_approval_request") return CallKind::mcp_approval;
  return CallKind::unknown;
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

ItemRole item_role(JsonView item) {
  constexpr std::array<std::string_view, 3> kWords = {"message", "reasoning", "compaction"};
  constexpr std::array<std::string_view, 6> kServer = {
      "web_search_call",       "file_search_call", "code_interpreter_call",
      "image_generation_call", "mcp_call",         "mcp_list_tools"};
  const std::string_view type = item["type"].text_or("");
  if (is_one_of(type, kWords)) return ItemRole::words;
  if (is_one_of(type, kServer) || type.ends_with("_output")) return ItemRole::server;
  const bool by_vendor = item["execution"].text_or("") == "server";
  return type == "tool_search_call" && by_vendor ? ItemRole::server : ItemRole::call;
}

std::string_view payload_member(JsonView item) {
  switch (kind_of(item["type"].text_or(""))) {
    case CallKind::function:
    case CallKind::mcp_approval:
      return "arguments";
    case CallKind::custom:
      return "input";
    case CallKind::shell:
      return "action";
    case CallKind::apply_patch:
      return "operation";
    default:
      return {};
  }
}

ToolCall call_of(JsonView item) {
  const std::string_view type = item["type"].text_or("");
  ToolCall call;
  call.kind = item_role(item) == ItemRole::server ? CallKind::server : kind_of(type);
  call.id = item["call_id"].text_or(item["id"].text_or(""));
  call.name = item["name"].text_or(type);
  call.name_space = item["namespace"].text_or(item["server_label"].text_or(""));
  const std::string_view member = payload_member(item);
  const JsonView payload = member.empty() ? item : item[member];
  if (payload.is_string()) {
    call.arguments = payload.text_or("");
  } else {
    call.input = payload.to_json();
    call.arguments = canonical(*call.input);
  }
  return call;
}

std::string fingerprint(JsonView item) {
  Json same = item.to_json();
  if (!same.is_object()) return canonical(same);
  same.erase("id");
  same.erase("status");
  // An absent member and null are one to clients.
  std::erase_if(same.as_object(), [](const Json::Member& member) { return member.second.is_null(); });
  return canonical(same);
}

std::string message_id(std::string_view item_id, std::string_view call_id) {
  const Digest digest =
      sha256({as_bytes("weir message\n"), as_bytes(item_id), as_bytes("\n"), as_bytes(call_id)});
  return "msg_" + to_hex(digest).substr(0, 48);
}

std::string message_item(std::string_view id, std::string_view words) {
  const Json part = Json::object({{"type", "output_text"}, {"text", words}, {"annotations", Json::array()}});
  return compact(Json::object({{"type", "message"},
                               {"id", id},
                               {"status", "completed"},
                               {"role", "assistant"},
                               {"content", Json::array({part})}}));
}

}  // namespace weir::llm
