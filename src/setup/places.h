// Where agents keep their settings on this machine, and where Weir puts its own for the whole system.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "os/xdg.h"
#include "setup/setup.h"

namespace weir::setup {

// Everything outside that decides which files are meant.
struct Surroundings {
  os::Places places;
  std::string claude_dir;        // $CLAUDE_CONFIG_DIR, else ~/.claude
  std::string codex_dir;         // $CODEX_HOME, else ~/.codex
  bool codex_dir_given = false;  // by $CODEX_HOME; Codex then resolves links in it
  std::string project_dir;       // absolute; of Scope::project
  std::string root;              // prefix of system files, "" for the real system (tests use a directory)
  std::string now;               // RFC 3339, for the record
};
Surroundings surroundings(const os::Places& places, const std::map<std::string, std::string>& env,
                          const std::string& project_dir, const std::string& root);

// The file that gets the hooks. Claude Code: settings.json, for a project settings.local.json (the paths in
// it hold on this machine only, so it must not be the file that is committed), for the system
// managed-settings.json. Codex: hooks.json, for the system requirements.toml.
std::string hooks_file(Agent agent, Scope scope, const Surroundings& around);

// Codex's config.toml, which holds the trust in hooks of user and project scope.
std::string codex_config_file(const Surroundings& around);
// The names under which Codex may know a hooks.json: as written, and with links in CODEX_HOME resolved.
std::vector<std::string> codex_trust_paths(Scope scope, const Surroundings& around);

// Every settings file of the agent that can switch hooks off, lowest precedence first, the agent's managed
// one last.
std::vector<std::string> settings_files(Agent agent, const Surroundings& around);

// The daemon's places when it runs as a system service.
os::Places system_places();

}  // namespace weir::setup
