// The scripted agent: a process of its own that behaves as a real coding agent does. It has a script instead
// of a model, and it knows nothing of verdicts or of what is expected.
//
//   weir demo --agent PART.json
//
// For every step it writes one line {"say","tool","input"}, waits for a line on standard input, hands the
// call to its PreToolUse hook (Claude Code's payload and protocol: exit 0 goes on, exit 2 refuses and
// standard error is the reason), runs the tool only after exit 0, and writes one line
// {"exit","told","ran","received","hook_ns"}. Like Claude Code with onFailure "block", it refuses when the
// hook ends in any other way.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "arena/scenario.h"

namespace weir::arena {

// What the agent is given to play.
struct Part {
  std::string session;
  std::string project;            // its working directory
  std::vector<std::string> hook;  // program and arguments
  struct Line {
    std::string id;  // tool_use_id
    std::string say;
    std::string tool;
    Json input;
  };
  std::vector<Line> lines;
};

Json to_json(const Part& part);
Result<Part> part_from_json(const Json& json);

// Plays the part to its end. An error when the director goes away or a hook cannot be started.
Status play_part(const Part& part, std::istream& in, std::ostream& out);

}  // namespace weir::arena
