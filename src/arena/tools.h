// The tools of the scripted agent, named and called as Claude Code names and calls its own.
//
//   ToolResult result = run_tool("Bash", Json::object({{"command", "sh test.sh"}}), project);
#pragma once

#include <string>

#include "base/json.h"

namespace weir::arena {

struct ToolResult {
  bool ok = false;
  std::string text;  // what the model gets: output, file content, or the error
};

// Runs Bash (`command`), Read (`file_path`), Write (`file_path`, `content`) or Edit (`file_path`,
// `old_string`, `new_string`) in the directory. Relative paths begin there. A command has ten seconds.
ToolResult run_tool(const std::string& tool, const Json& input, const std::string& directory);

}  // namespace weir::arena
