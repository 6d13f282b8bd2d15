// Trust in Codex hooks, kept in config.toml, edited as TEXT so that every other byte stays.
//
// Codex 0.169 runs a hook of hooks.json only when config.toml knows its hash (measured):
//
//   [hooks.state."/home/ada/.codex/hooks.json:pre_tool_use:0:0"]
//   trusted_hash = "sha256:…"
//
// The key is <path of hooks.json>:<event>:<index of the group>:<index of the handler>; the hash is in
// codex_trust.h. This file reads just enough of TOML 1.0 to know where tables and keys begin and end; it
// refuses what it cannot place ("hooks = {…}" closes the table for additions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "setup/json_edit.h"

namespace weir::setup {

struct HookTrust {
  std::string key;   // "<path>:<event>:<group>:<handler>"
  std::string hash;  // "sha256:" + 64 hex digits
  bool operator==(const HookTrust&) const = default;
};

// One table header or key/value pair, or the blank lines and comments between them.
struct TomlItem {
  enum class Kind { blank, table, table_array, pair } kind = Kind::blank;
  std::vector<std::string> path;  // full: of the table, or table + key
  std::size_t begin = 0;          // offset of its first line
  std::size_t end = 0;            // after its last line's end
  std::string_view value;         // of a pair, as written, without the comment behind it
};
// The items of a TOML text, covering every byte. Errors name the line.
Result<std::vector<TomlItem>> toml_outline(std::string_view text);

// The text with these entries, whatever was said about their keys before. Appended as one block.
Result<TextEdit> set_hook_trust(std::string_view text, const std::vector<HookTrust>& entries);
// Takes the segments out where they are still found whole, otherwise the tables of the keys.
Result<std::string> remove_hook_trust(std::string_view text, const std::vector<std::string>& segments,
                                      const std::vector<std::string>& keys);

// What the text says about hooks, for inspect.h.
struct CodexHookState {
  std::vector<HookTrust> trusted;
  std::vector<std::string> disabled;  // keys with enabled = false
  bool hooks_feature_off = false;     // features.hooks = false, which switches every hook off
};
Result<CodexHookState> read_hook_state(std::string_view text);

// A TOML basic string with its quotes.
std::string toml_quote(std::string_view text);

}  // namespace weir::setup
