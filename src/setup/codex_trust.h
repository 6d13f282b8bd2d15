// How Codex 0.169.0 names and hashes a hook, so that an installed hook can be trusted at install.
//
// Measured against the real program's own `hooks/list` (tests/setup/codex_trust_test.cc has the values):
// the hash is SHA-256 over the canonical JSON of
//   {"event_name":"pre_tool_use","hooks":[{"async":false,"command":…,"timeout":30,"type":"command"}],
//    "matcher":"*"}
// with the effective timeout, `matcher` only for events that match on something, and `statusMessage` only
// when given. The key is "<path>:<event>:<group index>:<handler index>".
#pragma once

#include <string>
#include <vector>

#include "setup/toml_edit.h"

namespace weir::setup {

// "PreToolUse" → "pre_tool_use".
std::string codex_event_key(std::string_view event);

// The hash of one command handler of a group ({"matcher":…,"hooks":[…]}).
std::string codex_hook_hash(std::string_view event, const Json& group, const Json& handler);

// Trust entries for every handler in `settings` (a hooks.json) that runs weir-hook, for each path under which
// Codex may see that file.
std::vector<HookTrust> codex_trust(const Json& settings, const std::vector<std::string>& paths);

}  // namespace weir::setup
