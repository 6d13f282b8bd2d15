// Which hooks Weir puts into an agent's settings, and how one of them is recognised again.
//
//   for (const HookGroup& group : hook_groups(Agent::claude, installation)) …   //
//   {"matcher":"*","hooks":[…]} if (auto ours = weir_command(handler)) ours->key …                         //
//   whose daemon does it trust
//
// Claude Code takes a program and its arguments (no shell stands between) and fails closed with
// "onFailure":"block"; Codex takes a shell command line and knows no such option, so there a few words of
// /bin/sh stand around the shim that turn its absence, crash or silence into a refusal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "setup/setup.h"

namespace weir::setup {

// Codex waits at most this long for a hook at SessionEnd and Interrupt, whatever the settings say.
inline constexpr int kCodexEndingTimeoutS = 3;

struct HookGroup {
  std::string event;  // "PreToolUse"
  Json group;         // {"matcher":"*","hooks":[{"type":"command", …}]}
};

// The events that Weir hooks, in the order of the agent's own list.
std::vector<std::string> hook_events(Agent agent);
// One group per event. The installation must be checked (check_installation).
std::vector<HookGroup> hook_groups(Agent agent, const Installation& installation);

// Paths absolute and printable, the key 32 bytes. Errors name the field.
Status check_installation(const Installation& installation);

// The command line of a Weir hook, taken apart.
struct WeirCommand {
  std::string program;  // path of the shim
  std::string agent;
  std::string event;
  std::string socket;
  std::string key;  // base64
  bool operator==(const WeirCommand&) const = default;
};
// What a handler ({"type":"command","command":…,"args":…}) runs, if that is weir-hook; none for anything
// else.
std::optional<WeirCommand> weir_command(const Json& handler);

// POSIX shell quoting of one word; words of harmless characters stay as they are.
std::string shell_quote(std::string_view word);
// Words of a simple command line: blanks, single and double quotes, backslash. None when anything else has a
// meaning to a shell (operators, expansions), because then it is not what Weir wrote.
std::optional<std::vector<std::string>> shell_words(std::string_view line);

}  // namespace weir::setup
