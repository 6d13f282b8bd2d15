#include "cli/program.h"

#include <unistd.h>

#include <csignal>
#include <iostream>

#include "cli/output.h"

namespace weir::cli {

int run_program(const std::vector<CommandSpec>& commands, int argc, char** argv) {
  // A closed pipe (`weir log | head`) ends the output, not the program with a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  Output output(STDOUT_FILENO);
  std::streambuf* const before = std::cout.rdbuf(&output);
  const int code = run_command_line(commands, {argv + 1, argv + argc}, std::cin, std::cout, std::cerr);
  const int told = finish_output(output, code, std::cerr);
  std::cout.rdbuf(before);  // it is flushed once more after main()
  return told;
}

}  // namespace weir::cli
