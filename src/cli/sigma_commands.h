// The commands of `weir sigma`. sigma.cc puts them together.
//
//   sigma_check.cc   check, test, list
//   sigma_match.cc   match
//   sigma_import.cc  import
//
// Rules are read from files and directories through sigma_input.h.
#pragma once

#include <vector>

#include "cli/cli.h"

namespace weir::cli {

std::vector<CommandSpec> sigma_check_commands();
CommandSpec sigma_match_command();
CommandSpec sigma_import_command();

// All of them, in the order of `weir sigma --help`.
std::vector<CommandSpec> sigma_commands();

}  // namespace weir::cli
