#include "setup/codex_trust.h"

#include <algorithm>
#include <array>

#include "base/hash.h"

namespace weir::setup {
namespace {

// Events whose matcher means something; for the others Codex drops it before hashing.
constexpr std::array<std::string_view, 9> kMatching = {"PreToolUse", "PermissionRequest", "PostToolUse",
                                                       "PreCompact", "PostCompact",       "SessionStart",
                                                       "SessionEnd", "SubagentStart",     "SubagentStop"};

// The timeout Codex works with: at least a second, 600 when not given; at the end of things 1 and at most 3.
std::int64_t timeout_s(std::string_view event, const Json& handler) {
  const bool ending = event == "SessionEnd" || event == "Interrupt";
  const std::int64_t asked = std::max<std::int64_t>(handler["timeout"].int_or(ending ? 1 : 600), 1);
  return ending ? std::min<std::int64_t>(asked, kCodexEndingTimeoutS) : asked;
}

}  // namespace

std::string codex_event_key(std::string_view event) {
  std::string key;
  for (const char c : event) {
    if (c >= 'A' && c <= 'Z') {
      if (!key.empty()) key += '_';
      key += static_cast<char>(c - 'A' + 'a');
    } else {
      key += c;
    }
  }
  return key;
}

std::string codex_hook_hash(std::string_view event, const Json& group, const Json& handler) {
  Json normal = Json::object({{"type", "command"}, {"command", handler["command"].text_or("")}});
  normal.set("async", handler["async"].bool_or(false));
  normal.set("timeout", timeout_s(event, handler));
  if (const Json* message = handler.find("statusMessage"); message != nullptr && message->is_string())
    normal.set("statusMessage", *message);
  Json identity = Json::object({{"event_name", codex_event_key(event)}, {"hooks", Json::array({normal})}});
  const bool matches = std::find(kMatching.begin(), kMatching.end(), event) != kMatching.end();
  if (const Json* matcher = group.find("matcher"); matches && matcher != nullptr && matcher->is_string())
    identity.set("matcher", *matcher);
  return digest_text(sha256(canonical(identity)));
}

std::vector<HookTrust> codex_trust(const Json& settings, const std::vector<std::string>& paths) {
  std::vector<HookTrust> entries;
  const Json& hooks = settings["hooks"];
  if (!hooks.is_object()) return entries;
  for (const auto& path : paths) {
    for (const auto& [event, groups] : hooks.as_object()) {
      if (!groups.is_array()) continue;
      for (std::size_t g = 0; g < groups.as_array().size(); ++g) {
        const Json& group = groups.as_array()[g];
        if (!group["hooks"].is_array()) continue;
        const auto& handlers = group["hooks"].as_array();
        for (std::size_t h = 0; h < handlers.size(); ++h)
          if (weir_command(handlers[h]))
            entries.push_back(
                {path + ":" + codex_event_key(event) + ":" + std::to_string(g) + ":" + std::to_string(h),
                 codex_hook_hash(event, group, handlers[h])});
      }
    }
  }
  return entries;
}

}  // namespace weir::setup
