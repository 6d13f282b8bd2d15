// Room `setup` (floor 6, rim): getting Weir into an agent's own configuration, checking that it is still
// there, and taking it out again.
//
//   hook_plan.h    which hooks Weir installs per agent, and how one of them is recognised
//   json_edit.h    edits of settings TEXT that leave every other byte alone (Claude Code, Codex hooks)
//   toml_edit.h    the same for the one thing Codex keeps in TOML: trust in a hook
//   install.h      `weir init` and `weir uninstall`: plan, show, apply, restore byte for byte
//   inspect.h      is an installed path still what was installed, and does anything switch it off
//   run_overlay.h  what `weir run` adds to one command so that this run is guarded, and what it refuses
//   agents.h       the agents found on this machine
//
// What an agent is told is a full command line that needs no environment: the shim, the agent, the event, the
// daemon's socket and its public key. The user's files are the user's: only Weir's own entries are written,
// and a file that was not changed since comes back byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::setup {

enum class Agent { claude, codex };
// "claude-code", "codex": the names that events, the shim and the ingest room use.
std::string_view name(Agent agent);
// Also takes "claude", which is what people type.
std::optional<Agent> agent_from(std::string_view text);

// Where the hooks are put: for this person, for one project of this person, for the whole machine.
enum class Scope { user, project, system };
std::string_view name(Scope scope);
std::optional<Scope> scope_from(std::string_view text);

// What a hook must know to reach the daemon and to believe its answer.
struct Installation {
  std::string hook_path;          // absolute path of weir-hook
  std::string socket;             // absolute path of the daemon's event socket
  std::string public_key_base64;  // the daemon's Ed25519 public key, 32 bytes, padded base64
  bool operator==(const Installation&) const = default;
};

}  // namespace weir::setup
