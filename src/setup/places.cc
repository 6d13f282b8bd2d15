#include "setup/places.h"

#include "os/files.h"

namespace weir::setup {
namespace {

std::string env_or(const std::map<std::string, std::string>& env, const std::string& key,
                   const std::string& fallback) {
  const auto it = env.find(key);
  return it != env.end() && it->second.starts_with('/') ? it->second : fallback;
}

}  // namespace

Surroundings surroundings(const os::Places& places, const std::map<std::string, std::string>& env,
                          const std::string& project_dir, const std::string& root) {
  Surroundings around{.places = places, .project_dir = project_dir, .root = root};
  around.claude_dir = env_or(env, "CLAUDE_CONFIG_DIR", places.home + "/.claude");
  around.codex_dir = env_or(env, "CODEX_HOME", "");
  around.codex_dir_given = !around.codex_dir.empty();
  if (!around.codex_dir_given) around.codex_dir = places.home + "/.codex";
  return around;
}

std::string hooks_file(Agent agent, Scope scope, const Surroundings& around) {
  const bool claude = agent == Agent::claude;
  switch (scope) {
    case Scope::user:
      return claude ? around.claude_dir + "/settings.json" : around.codex_dir + "/hooks.json";
    case Scope::project:
      return around.project_dir + (claude ? "/.claude/settings.local.json" : "/.codex/hooks.json");
    case Scope::system:
      return around.root +
             (claude ? "/etc/claude-code/managed-settings.json" : "/etc/codex/requirements.toml");
  }
  return {};
}

std::string codex_config_file(const Surroundings& around) {
  return around.codex_dir + "/config.toml";
}

std::vector<std::string> codex_trust_paths(Scope scope, const Surroundings& around) {
  const std::string path = hooks_file(Agent::codex, scope, around);
  std::vector<std::string> paths = {path};
  // Measured: below ~/.codex the path stays as written; a CODEX_HOME and a project are resolved first.
  const std::string directory = path.substr(0, path.rfind('/'));
  const std::string resolved = os::resolve_path(directory) + path.substr(path.rfind('/'));
  if (resolved != path) paths.push_back(resolved);
  return paths;
}

std::vector<std::string> settings_files(Agent agent, const Surroundings& around) {
  if (agent == Agent::claude)
    return {around.claude_dir + "/settings.json", around.project_dir + "/.claude/settings.json",
            around.project_dir + "/.claude/settings.local.json",
            around.root + "/etc/claude-code/managed-settings.json"};
  return {codex_config_file(around), around.project_dir + "/.codex/config.toml",
          around.root + "/etc/codex/config.toml", around.root + "/etc/codex/requirements.toml"};
}

os::Places system_places() {
  return {.home = "/var/lib/weir", .config = "/etc/weir", .state = "/var/lib/weir", .runtime = "/run/weir"};
}

}  // namespace weir::setup
