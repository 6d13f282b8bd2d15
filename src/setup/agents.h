// The coding agents found on this machine, for `weir status` and `weir scan`.
//
//   for (const FoundAgent& agent : find_agents(around, path)) …   // name, version, settings, guarded by
//
// Nothing is started: versions are read from the packages' own files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "setup/inspect.h"

namespace weir::setup {

struct FoundAgent {
  std::string name;                   // "claude-code", "codex", "gemini-cli", …
  std::optional<Agent> supported;     // none: Weir has no hooks for it yet
  std::string program;                // "" when only traces of it were found
  std::string version;                // "" when it could not be told
  std::vector<std::string> settings;  // settings files that exist
  std::vector<std::string> guarded;   // names of installed paths (inspect.h), found in order or not
};

// `search_path`: the value of PATH. `installed`: see installed_paths(). An agent is listed when its program
// or its directory in the home is there.
std::vector<FoundAgent> find_agents(const Surroundings& around, std::string_view search_path,
                                    const std::vector<InstalledPath>& installed);

}  // namespace weir::setup
