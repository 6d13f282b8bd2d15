// Which agent a command line starts, and where that agent's own arguments begin.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "setup/setup.h"

namespace weir::setup {

struct AgentCommand {
  Agent agent = Agent::claude;
  std::size_t arguments_at = 1;                               // index into argv of the agent's first argument
  std::vector<std::pair<std::string, std::string>> assigned;  // environment set by an `env` in front
  bool operator==(const AgentCommand&) const = default;
};

// Knows the program by its name (`claude`, `/opt/x/codex`), a script given to node or bun, a package given to
// npx, bunx, `pnpm dlx`, `yarn dlx`, and looks through `env`, `nice`, `nohup`, `setsid`, `stdbuf` and
// `timeout`. None for anything else: a shell script may start an agent too, but Weir cannot see it.
std::optional<AgentCommand> find_agent_command(const std::vector<std::string>& argv);

// Words of the command line that may be the agent's prompt: all that follow its program and are no options. A
// name or a value of an option among them is as much the person's own word. At most 256.
std::vector<std::string> words_given(const std::vector<std::string>& argv);

}  // namespace weir::setup
