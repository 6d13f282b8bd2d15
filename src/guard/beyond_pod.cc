#include "guard/beyond_pod.h"

#include <algorithm>
#include <array>

namespace weir::guard {
namespace {

// As one word of a command line, whatever it holds.
void append_quoted(std::string& line, std::string_view word) {
  if (!line.empty()) line += ' ';
  line += '\'';
  for (const char one : word) {
    if (one == '\'')
      line += "'\\''";
    else
      line += one;
  }
  line += '\'';
}

}  // namespace

bool is_beyond_pod(std::string_view verb) {
  constexpr std::array<std::string_view, 10> kBeyond = {
      "vcs.push", "infra.create", "infra.change", "infra.delete", "db.read",
      "db.write", "db.delete",    "shell.remote", "secret.read",  "agent.spawn"};
  return std::ranges::find(kBeyond, verb) != kBeyond.end();
}

bool is_shell(std::string_view program) {
  constexpr std::array<std::string_view, 7> kShells = {"sh", "bash", "dash", "zsh", "ksh", "fish", "ash"};
  return std::ranges::find(kShells, program.substr(program.rfind('/') + 1)) != kShells.end();
}

std::vector<event::Action> beyond_pod(const std::vector<std::string>& argv, const ShellPlace& place,
                                      const shell::CommandTable& table, std::string_view agent) {
  std::string line;
  for (const auto& word : argv)
    append_quoted(line, word);
  auto actions = read_shell(line, place, table, agent).actions;
  std::erase_if(actions, [](const event::Action& action) { return !is_beyond_pod(action.verb); });
  for (auto& action : actions)
    action.span = {};  // in a line that nobody wrote
  return actions;
}

}  // namespace weir::guard
