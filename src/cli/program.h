// A program made of commands: what main() does with the command line, standard output and the exit code.
#pragma once

#include "cli/cli.h"

namespace weir::cli {

// Runs the command that the line names and ends as the process should: `argv` as main() got it.
int run_program(const std::vector<CommandSpec>& commands, int argc, char** argv);

}  // namespace weir::cli
