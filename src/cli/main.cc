// The program `weir`. Everything it can do is listed in commands.cc.
#include <csignal>
#include <iostream>

#include "cli/cli.h"

int main(int argc, char** argv) {
  // A closed pipe (`weir log | head`) ends the output, not the program with a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  return weir::cli::run_command_line(weir::cli::all_commands(), {argv + 1, argv + argc}, std::cin, std::cout,
                                     std::cerr);
}
