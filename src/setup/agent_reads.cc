#include "setup/agent_reads.h"

#include <algorithm>
#include <array>

namespace weir::setup {
namespace {

// Codex 0.169: hooks.json is read strictly. A byte order mark, an unknown field at the top or a handler of an
// unknown type make it drop the file; unknown events and unknown fields of a handler do not.
constexpr std::array<std::string_view, 4> kCodexTypes = {"command", "mcp_tool", "prompt", "agent"};
// Claude Code 2.1.330: a field of the wrong type drops the file, a handler of an unknown type the hooks of
// its event; unknown fields and unknown events do not.
constexpr std::array<std::string_view, 5> kClaudeTypes = {"command", "http", "mcp_tool", "prompt", "agent"};

// The first event that has a handler of a type the agent does not know; "" when there is none.
std::string event_of_unknown_handler(Agent agent, const Json& hooks) {
  if (!hooks.is_object()) return {};
  const auto known = [&](std::string_view type) {
    return agent == Agent::codex
               ? std::find(kCodexTypes.begin(), kCodexTypes.end(), type) != kCodexTypes.end()
               : std::find(kClaudeTypes.begin(), kClaudeTypes.end(), type) != kClaudeTypes.end();
  };
  for (const auto& [event, groups] : hooks.as_object()) {
    if (!groups.is_array()) continue;
    for (const Json& group : groups.as_array()) {
      if (!group["hooks"].is_array()) continue;
      for (const Json& handler : group["hooks"].as_array())
        if (!known(handler["type"].text_or(""))) return event;
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> why_ignored(Agent agent, std::string_view text, const Json& settings) {
  if (const auto event = event_of_unknown_handler(agent, settings["hooks"]); !event.empty())
    return "a hook of " + event + " has an unknown type, and the agent drops the hooks beside it";
  if (agent == Agent::codex) {
    if (text.starts_with("\xef\xbb\xbf"))
      return "the file starts with a byte order mark, and Codex ignores such a file";
    for (const auto& [key, value] : settings.as_object())
      if (key != "hooks" && key != "description")
        return "Codex ignores a hooks.json with the unknown field \"" + key + "\"";
    return std::nullopt;
  }
  const Json* permissions = settings.find("permissions");
  if (permissions != nullptr && !permissions->is_object())
    return "\"permissions\" is not an object, and Claude Code ignores such a file";
  const Json* days = settings.find("cleanupPeriodDays");
  if (days != nullptr && !days->is_number())
    return "\"cleanupPeriodDays\" is not a number, and Claude Code ignores such a file";
  return std::nullopt;
}

}  // namespace weir::setup
