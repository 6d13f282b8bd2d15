#include "setup/run_overlay.h"

#include <algorithm>

#include "base/bytes.h"
#include "setup/run_claude.h"
#include "setup/run_codex.h"

namespace weir::setup {
namespace {

struct Forbidden {
  Agent agent;
  std::string_view variable;
  bool only_truthy;  // "0", "false", "" leave the agent as it is (measured)
  std::string_view why;
};

constexpr Forbidden kForbidden[] = {
    {Agent::claude, "CLAUDE_CODE_SIMPLE", true, "it starts Claude Code without hooks"},
    {Agent::claude, "CLAUDE_CODE_SAFE_MODE", true, "it starts Claude Code without hooks"},
    {Agent::claude, "CLAUDE_CODE_PERSONAL_HOOKS_OFF", true, "it switches a person's hooks off"},
    {Agent::claude, "CLAUDE_CODE_MANAGED_SETTINGS_PATH", false, "managed settings can switch hooks off"},
    {Agent::claude, "CLAUDE_CODE_REMOTE_SETTINGS_PATH", false, "managed settings can switch hooks off"},
    {Agent::claude, "CLAUDE_CODE_MOCK_REMOTE_SETTINGS", false, "managed settings can switch hooks off"},
    {Agent::codex, "CODEX_EXEC_SERVER_URL", false, "it runs commands on another machine, where Weir is not"},
};

bool truthy(std::string_view value) {
  const std::string lower = to_lower_ascii(trim(value));
  return !lower.empty() && lower != "0" && lower != "false" && lower != "no" && lower != "off" &&
         lower != "none";
}

Status check_environment(Agent agent, const std::map<std::string, std::string>& env) {
  for (const auto& row : kForbidden) {
    const auto it = env.find(std::string(row.variable));
    if (row.agent != agent || it == env.end()) continue;
    if (row.only_truthy ? truthy(it->second) : !it->second.empty())
      return fail(ErrorCode::denied,
                  "the environment sets " + std::string(row.variable) + ": " + std::string(row.why),
                  std::string(row.variable), "unset " + std::string(row.variable));
  }
  return {};
}

}  // namespace

Result<GuardedCommand> guard_command(const RunRequest& request) {
  GuardedCommand guarded{.argv = request.argv};
  const auto command = find_agent_command(request.argv);
  if (!command) return guarded;
  guarded.agent = command->agent;
  auto env = request.env;
  for (const auto& [key, value] : command->assigned)
    env[key] = value;
  TRY_STATUS(check_environment(command->agent, env));
  TRY_STATUS(command->agent == Agent::claude ? guard_claude(request, command->arguments_at, guarded)
                                             : guard_codex(request, command->arguments_at, guarded));
  return guarded;
}

}  // namespace weir::setup
