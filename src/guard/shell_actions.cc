#include "guard/shell_actions.h"

#include <algorithm>
#include <array>

#include "shell/effects.h"

namespace weir::guard {
namespace {

std::string_view resource_type(shell::ResourceKind kind) {
  using enum shell::ResourceKind;
  switch (kind) {
    case program:
      return "Program";
    case file:
      return "Path";
    case host:
      return "Host";
    case url:
      return "Url";
    case package:
      return "Package";
    case repository:
      return "Repository";
    case resource:
      return "Infra";
    case database:
      return "Database";
    case process:
      return "Process";
    case service:
      return "Service";
    case agent:
      return "Agent";
    case secret:
      return "Secret";
  }
  return "Program";
}

event::Certainty certainty_of(shell::Certainty certainty) {
  switch (certainty) {
    case shell::Certainty::certain:
      return event::Certainty::certain;
    case shell::Certainty::possible:
      return event::Certainty::possible;
    case shell::Certainty::opaque:
      return event::Certainty::opaque;
  }
  return event::Certainty::opaque;
}

event::Action action_of(const shell::Effect& effect) {
  event::Action action;
  action.verb = effect.verb;
  action.resource_type = resource_type(effect.kind);
  action.resource = effect.resource;
  action.certainty = certainty_of(effect.certainty);
  action.span = {effect.span.begin, effect.span.end};
  action.attrs = Json::object();
  for (const auto& [name, value] : effect.attributes) {
    if (const bool* flag = std::get_if<bool>(&value))
      action.attrs.set(name, *flag);
    else
      action.attrs.set(name, std::get<std::string>(value));
  }
  return action;
}

// A shell or interpreter started without anything to do waits for what will be typed into it.
bool is_interactive(const shell::CommandRun& run) {
  static constexpr std::array kShells = {"bash",    "sh",   "zsh", "dash", "ksh",   "fish",   "python",
                                         "python3", "node", "irb", "psql", "mysql", "sqlite3"};
  if (run.argv.empty() || !run.argv[0].known()) return false;
  const std::string& program = run.argv[0].text;
  const std::string name = program.substr(program.rfind('/') + 1);
  if (std::find(kShells.begin(), kShells.end(), name) == kShells.end()) return false;
  return std::all_of(run.argv.begin() + 1, run.argv.end(), [](const shell::Arg& arg) {
    return arg.known() &&
           (arg.text == "-i" || arg.text == "-l" || arg.text == "-s" || arg.text.starts_with("--no"));
  });
}

void mark_interactive(const shell::Analysis& analysis, std::vector<event::Action>& actions) {
  // Only the last command of a line keeps the terminal; one that reads a pipe or a file is not waiting for a
  // person.
  if (analysis.commands.size() != 1 || !is_interactive(analysis.commands[0])) return;
  for (auto& action : actions)
    if (action.verb == "shell.exec") action.attrs.set("interactive", true);
}

}  // namespace

ShellReading read_shell(std::string_view command, const ShellPlace& place, const shell::CommandTable& table,
                        std::string_view) {
  shell::Environment environment;
  environment.cwd = place.cwd;
  environment.home = place.home;
  environment.workspace = place.workspace;
  const shell::Analysis analysis = shell::analyze(command, environment, table);
  ShellReading reading;
  for (const auto& effect : analysis.effects) {
    reading.actions.push_back(action_of(effect));
    const std::string script(effect.text("script"));
    if (script.starts_with('/') &&
        std::find(reading.scripts.begin(), reading.scripts.end(), script) == reading.scripts.end())
      reading.scripts.push_back(script);
  }
  for (const auto& opaque : analysis.opaque)
    reading.actions.push_back({"shell.exec",
                               "Program",
                               "",
                               event::Certainty::opaque,
                               {opaque.span.begin, opaque.span.end},
                               Json::object({{"opaque_reason", opaque.reason}})});
  mark_interactive(analysis, reading.actions);
  return reading;
}

ShellReading ShellReadings::read(std::string_view command, const ShellPlace& place,
                                 const shell::CommandTable& table, std::string_view agent) {
  for (const auto& kept : kept_)
    if (kept.table == &table && kept.command == command && kept.place == place && kept.agent == agent)
      return kept.reading;
  ShellReading reading = read_shell(command, place, table, agent);
  if (kept_.size() < kKeptMax)
    kept_.push_back({std::string(command), place, &table, std::string(agent), reading});
  return reading;
}

bool is_shell_script(std::string_view path, std::string_view text) {
  if (text.starts_with("#!")) {
    const std::string_view line = text.substr(0, text.find('\n'));
    return line.find("sh") != std::string_view::npos;
  }
  for (const std::string_view suffix : {".sh", ".bash", ".zsh"})
    if (path.ends_with(suffix)) return true;
  return false;
}

bool is_shared_branch(std::string_view branch) {
  if (branch.empty()) return true;
  static constexpr std::array kExact = {"main",  "master",  "develop", "development",
                                        "trunk", "staging", "prod",    "stable"};
  if (std::find(kExact.begin(), kExact.end(), branch) != kExact.end()) return true;
  for (const std::string_view prefix : {"release", "production", "hotfix/"})
    if (branch.starts_with(prefix)) return true;
  return false;
}

}  // namespace weir::guard
