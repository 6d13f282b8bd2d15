#include "setup/agents.h"

#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "os/files.h"

namespace weir::setup {
namespace {

struct Known {
  std::string_view name;
  std::optional<Agent> supported;
  std::string_view program;
  std::string_view package;   // npm
  std::string_view home_dir;  // below the home
  std::vector<std::string_view> settings;
};

std::vector<Known> catalogue() {
  return {
      {"claude-code", Agent::claude, "claude", "@anthropic-ai/claude-code", ".claude", {}},
      {"codex", Agent::codex, "codex", "@openai/codex", ".codex", {}},
      {"gemini-cli", {}, "gemini", "@google/gemini-cli", ".gemini", {".gemini/settings.json"}},
      {"copilot-cli", {}, "copilot", "@github/copilot", ".copilot", {".copilot/config.json"}},
      {"opencode", {}, "opencode", "opencode-ai", ".config/opencode", {".config/opencode/opencode.json"}},
      {"openclaw", {}, "openclaw", "openclaw", ".openclaw", {".openclaw/openclaw.json"}},
      {"cursor-agent", {}, "cursor-agent", "", ".cursor", {".cursor/hooks.json"}},
  };
}

std::string find_in(std::string_view search_path, std::string_view program) {
  for (const auto dir : split(search_path, ':')) {
    if (!dir.starts_with('/')) continue;
    const std::string path = std::string(dir) + "/" + std::string(program);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

bool looks_like_version(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9' && text.find('.') != std::string_view::npos &&
         text.find_first_not_of("0123456789.-+abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

// From package.json of the npm package that the program belongs to, or from the name of a versioned file.
std::string version_of(const std::string& program, std::string_view package) {
  const std::string real = os::resolve_path(program);
  std::string file = real.substr(real.rfind('/') + 1);
  if (looks_like_version(file)) return file;
  std::string dir = real.substr(0, real.rfind('/'));
  for (int level = 0; level < 4 && !dir.empty(); ++level, dir = dir.substr(0, dir.rfind('/'))) {
    const auto text = os::read_file(dir + "/package.json", limits::kSettingsBytesMax);
    if (!text) continue;
    const auto json = parse_json(*text);
    if (json && (*json)["name"].text_or("") == package) return std::string((*json)["version"].text_or(""));
  }
  return {};
}

std::vector<std::string> settings_of(const Known& known, const Surroundings& around) {
  std::vector<std::string> paths;
  if (known.supported) {
    paths = settings_files(*known.supported, around);
    if (known.supported == Agent::codex) {
      paths.push_back(hooks_file(Agent::codex, Scope::user, around));
      paths.push_back(hooks_file(Agent::codex, Scope::project, around));
    }
  }
  for (const auto file : known.settings)
    paths.push_back(around.places.home + "/" + std::string(file));
  std::erase_if(paths, [](const std::string& path) { return !os::exists(path); });
  return paths;
}

}  // namespace

std::vector<FoundAgent> find_agents(const Surroundings& around, std::string_view search_path,
                                    const std::vector<InstalledPath>& installed) {
  std::vector<FoundAgent> found;
  for (const Known& known : catalogue()) {
    FoundAgent agent{.name = std::string(known.name), .supported = known.supported};
    agent.program = find_in(search_path, known.program);
    const std::string dir = known.supported == Agent::claude ? around.claude_dir
                            : known.supported == Agent::codex
                                ? around.codex_dir
                                : around.places.home + "/" + std::string(known.home_dir);
    agent.settings = settings_of(known, around);
    if (agent.program.empty() && !os::exists(dir) && agent.settings.empty()) continue;
    if (!agent.program.empty()) agent.version = version_of(agent.program, known.package);
    for (const auto& path : installed)
      if (path.agent == known.supported) agent.guarded.push_back(path.name());
    found.push_back(std::move(agent));
  }
  return found;
}

}  // namespace weir::setup
