// A command line as Actions: what the shell room sees, in the words of policies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "shell/command_table.h"

namespace weir::guard {

struct ShellPlace {
  std::string cwd;
  std::string home;
  std::string workspace;
  bool operator==(const ShellPlace&) const = default;
};

struct ShellReading {
  std::vector<event::Action> actions;
  std::vector<std::string> scripts;  // absolute paths of script files that would run, without duplicates
};

// `agent` decides which programs count as interactive for it.
ShellReading read_shell(std::string_view command, const ShellPlace& place, const shell::CommandTable& table,
                        std::string_view agent);

// Readings of one event's command lines: who asks again with more answers reads the same lines again. A
// reading follows from its arguments alone, so what is kept is never out of date; it is forgotten to save
// memory.
class ShellReadings {
 public:
  // As read_shell().
  ShellReading read(std::string_view command, const ShellPlace& place, const shell::CommandTable& table,
                    std::string_view agent);
  void forget() { kept_.clear(); }

 private:
  static constexpr std::size_t kKeptMax = 16;  // more are read again

  struct Kept {
    std::string command;
    ShellPlace place;
    const shell::CommandTable* table = nullptr;
    std::string agent;
    ShellReading reading;
  };
  std::vector<Kept> kept_;
};

// By its name or first line.
bool is_shell_script(std::string_view path, std::string_view text);

// Branches that others build on: main, master, develop, trunk, release…, production…; an unknown name counts.
bool is_shared_branch(std::string_view branch);

}  // namespace weir::guard
