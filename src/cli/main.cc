// The program `weir`. Everything it can do is listed in commands.cc.
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "cli/cli.h"
#include "cli/output.h"
#include "gateway/egress_process.h"

int main(int argc, char** argv) {
  // Not a command: how a pod's supervisor starts the egress proxy (gateway/egress_process.h).
  if (argc == 2 && argv[1] == weir::gateway::kEgressProcessArgument)
    return weir::gateway::run_egress_process();
  // A closed pipe (`weir log | head`) ends the output, not the program with a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  weir::cli::Output output(STDOUT_FILENO);
  std::streambuf* const before = std::cout.rdbuf(&output);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const int code =
      weir::cli::run_command_line(weir::cli::commands_for(words), words, std::cin, std::cout, std::cerr);
  const int told = weir::cli::finish_output(output, code, std::cerr);
  std::cout.rdbuf(before);  // it is flushed once more after main()
  return told;
}
