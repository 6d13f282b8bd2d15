// Edits JSON settings as TEXT, so that everything else in the file keeps every byte: formatting, order of
// keys, line ends, byte order mark, unknown fields, comments where they are allowed.
//
//   TRY(TextEdit edit, insert_hooks(text, hook_groups(Agent::claude, installation), {}, Comments::refuse));
//   …
//   TRY(std::string back, remove_hooks(edit.text, edit.segments, Comments::refuse));   // == text
//
// New text follows the style it finds: line ends, indentation, one line or many. A hook group stands on one
// line. What was put in is returned as segments, so that it can be taken out exactly even after the user
// edited other places; where a segment is no longer found, Weir's handlers are cut out by structure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "setup/hook_plan.h"

namespace weir::setup {

// Whether the program that reads the file tolerates // and /* */ comments and trailing commas. Claude Code
// 2.1.330 and Codex 0.169.0 do not: Claude Code then ignores the whole file without a word.
enum class Comments { refuse, allow };

struct TextEdit {
  std::string text;
  std::vector<std::string> segments;  // what was inserted, in the order of the text
};

// The value of a settings text; blank text is an empty object. A byte order mark is skipped. Errors:
// `invalid` with the reason ("the file has comments", duplicate keys …), `limit`.
Result<Json> parse_settings(std::string_view text, Comments comments);

// Adds each group at the end of `hooks.<event>[]`, and each member of `members` (an object) at the top where
// the key is missing. Errors: not valid JSON, `hooks` or an event of another type than the agents use, a
// member that is there with another value.
Result<TextEdit> insert_hooks(std::string_view text, const std::vector<HookGroup>& groups,
                              const Json& members, Comments comments);

// Takes the segments out; the exact inverse of insert_hooks when they are still there. Otherwise removes
// every handler that runs weir-hook, and groups, events and `hooks` that are empty after it.
Result<std::string> remove_hooks(std::string_view text, const std::vector<std::string>& segments,
                                 Comments comments);
// Only the second way.
Result<std::string> remove_hooks_by_structure(std::string_view text, Comments comments);

// Is there a handler in `settings` that runs weir-hook?
bool names_weir(const Json& settings);

}  // namespace weir::setup
