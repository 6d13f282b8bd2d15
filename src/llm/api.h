// The four APIs, one tool call of any of them, and a verdict on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::llm {

enum class Api {
  anthropic,  // Messages: POST /v1/messages
  responses,  // OpenAI Responses: POST /v1/responses, or its WebSocket
  chat,       // OpenAI Chat Completions: POST /v1/chat/completions
  gemini,     // generateContent and streamGenerateContent
};
std::string_view name(Api api);  // "anthropic", "responses", ...

enum class CallKind {
  function,      // a JSON object as arguments; the client runs it
  custom,        // free text as input (OpenAI custom tools, also Codex's apply_patch)
  apply_patch,   // apply_patch_call
  shell,         // shell_call, local_shell_call
  computer,      // computer_call: the client moves the mouse
  mcp_approval,  // the client is asked to let the vendor call an MCP server
  server,        // has happened at the vendor: web search, code interpreter, MCP; reported, never held
  unknown,       // a block or item of a kind that Weir does not know; held like a call
};
std::string_view name(CallKind kind);

struct ToolCall {
  int number = -1;  // names this call in its stream; ids come from the model's side and may be missing
  CallKind kind = CallKind::function;
  std::string id;          // tool_use id, call_id, ...; may be empty
  std::string name;        // as the model said it
  std::string name_space;  // Responses: "namespace" of the tool; mostly empty
  std::string arguments;   // as the model wrote them; JSON of the payload for shell, apply_patch, unknown ...
  std::optional<Json> input;  // arguments as a value; none for free text
  std::string problem;        // why Weir refused it by itself; empty when it is to be decided
};

// What is to happen to a held call.
struct Verdict {
  enum class Kind { release, refuse, rewrite };
  Kind kind = Kind::refuse;
  std::string text;  // refuse: the reason, for the model; rewrite: the new arguments (JSON, or free text)

  static Verdict release() { return {Kind::release, {}}; }
  static Verdict refuse(std::string reason) { return {Kind::refuse, std::move(reason)}; }
  static Verdict rewrite(std::string arguments) { return {Kind::rewrite, std::move(arguments)}; }
};

}  // namespace weir::llm
