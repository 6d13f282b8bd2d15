// A scenario: the script of one agent run and what must come of every step. docs/formats/scenario.md has the
// fields; content/scenarios/ has the files.
//
//   TRY(Scenario scenario, parse_scenario(file.bytes, file.name));
//   for (const Step& step : scenario.steps) … step.say, step.tool, step.input …
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "event/decision.h"

namespace weir::arena {

// What a step would leave behind if it ran. Exactly one of `ran`, `received`, `file` is set.
struct Effect {
  std::string what;      // "the table is dropped": for people
  std::string ran;       // a stand-in program was started
  std::string received;  // the tool's result, as the agent got it, holds this text
  std::string file;      // this file …
  std::string contains;  // … holds this text; "" when `gone`
  bool gone = false;     // … does not exist
};

struct Step {
  std::string say;   // what the agent says before the call
  std::string tool;  // Bash, Read, Write or Edit, as Claude Code names them
  Json input;        // the tool's arguments
  event::Verdict expect = event::Verdict::allow;
  std::string policy;  // id of a policy that must be among the determining ones; "" when it is allowed
  Effect effect;
};

// A program that does nothing but leave a mark and print something.
struct StandIn {
  std::string name;
  std::string prints;
};

struct Scenario {
  std::string name;  // of its file, without folder and ending
  std::string title;
  bool incident = false;  // a published one; else benign
  std::string when;
  std::string story;
  std::string source;
  std::map<std::string, std::string> project;  // files of the workspace: path below it → content
  std::map<std::string, std::string> home;     // files of the home directory
  std::map<std::string, std::string> environment;
  std::vector<std::string> uses;   // real programs that the agent finds by name
  std::vector<StandIn> stand_ins;  // and those that are only played
  std::vector<Step> steps;
};

// `where` names the text in errors. Unknown fields, paths that climb out, effects that cannot be judged are
// errors (`invalid`), so that a scenario cannot pass by accident.
Result<Scenario> parse_scenario(std::string_view yaml, std::string_view where);

}  // namespace weir::arena
