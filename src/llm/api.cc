#include "llm/api.h"

#include "base/result.h"

namespace weir::llm {

std::string_view name(Api api) {
  switch (api) {
    case Api::anthropic:
      return "anthropic";
    case Api::responses:
      return "responses";
    case Api::chat:
      return "chat";
    case Api::gemini:
      return "gemini";
  }
  CHECK(false);
  return {};
}

std::string_view name(CallKind kind) {
  switch (kind) {
    case CallKind::function:
      return "function";
    case CallKind::custom:
      return "custom";
    case CallKind::apply_patch:
      return "apply_patch";
    case CallKind::shell:
      return "shell";
    case CallKind::computer:
      return "computer";
    case CallKind::mcp_approval:
      return "mcp_approval";
    case CallKind::server:
      return "server";
    case CallKind::unknown:
      return "unknown";
  }
  CHECK(false);
  return {};
}

}  // namespace weir::llm
