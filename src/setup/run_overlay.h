// What `weir run` adds to one command so that this run is guarded, without touching the user's files; and
// what it refuses because it would switch the hooks off.
//
//   TRY(GuardedCommand guarded, guard_command({.argv = argv, .env = environment, …}));
//   write guarded.settings to request.settings_file (0600), then start guarded.argv
//
// Claude Code gets `--settings FILE`. Measured with 2.1.330: the last --settings wins as a whole, so a file
// the user names is merged into ours; `disableAllHooks: false` there beats the same key of user, project and
// local settings; empty CLAUDE_CODE_SIMPLE and CLAUDE_CODE_SAFE_MODE there undo an `env` of the user's
// settings; the same hook in two files runs once.
//
// Codex gets its hooks as session flags, `-c hooks.EVENT=[…]`, and trust in exactly these hooks as `-c
// hooks.state={…}`. Measured with 0.169.0: they run beside the user's own hooks, with the user's own home,
// sign-in and history, with `--ignore-user-config`, and with `--enable hooks` also where user or project
// configuration says `features.hooks = false`. So there is no copy of CODEX_HOME, and no
// --dangerously-bypass-hook-trust, which would let a repository's hooks run as well.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "setup/agent_command.h"

namespace weir::setup {

struct RunRequest {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  Installation installation;
  std::string settings_file;     // absolute: where the caller will put GuardedCommand::settings
  std::string managed_settings;  // content of Claude Code's managed-settings.json, "" when there is none
  // Keys of hooks that `weir init codex` installed: off for this run, so that a call is not judged twice.
  std::vector<std::string> installed_trust_keys;
  // The run is in a pod: the agent's own sandbox is switched off there, for the pod is one and lets no
  // namespaces be made inside of it.
  bool in_pod = false;
  // In a pod: content of the project's .claude/settings.local.json, "" when there is none. Hooks of Weir in
  // it
  // (`weir init --project`) name paths that the pod does not have, and would refuse every call.
  std::string local_settings;
  // Reads a settings file that argv names (relative paths as given).
  std::function<Result<std::string>(const std::string& path)> read_file;
};

struct GuardedCommand {
  std::optional<Agent> agent;  // none: no agent was recognised, argv is as it was
  std::vector<std::string> argv;
  std::optional<std::string> settings;  // to be written to request.settings_file first
  // The agent's own safety is weakened, Weir's is not: one sentence each, for the person and the record.
  std::vector<std::string> warnings;
};

// Errors: `denied` for what would switch hooks off or run the agent where Weir is not, naming argument or
// variable and what to do; `invalid` for settings that cannot be read.
Result<GuardedCommand> guard_command(const RunRequest& request);

}  // namespace weir::setup
