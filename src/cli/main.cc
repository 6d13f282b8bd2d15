// The program `weir-main`: every command. Everything it can do is listed in commands.cc; front/main.cc starts
// it.
#include "cli/cli.h"
#include "cli/program.h"
#include "gateway/egress_process.h"
#include "gateway/run_authority.h"

int main(int argc, char** argv) {
  // Not commands: how a pod's supervisor starts the egress proxy (gateway/egress_process.h).
  if (argc == 2 && argv[1] == weir::gateway::kEgressProcessArgument)
    return weir::gateway::run_egress_process();
  if (argc == 2 && argv[1] == weir::gateway::kRunAuthorityArgument)
    return weir::gateway::run_authority_process();
  return weir::cli::run_program(weir::cli::commands_for({argv + 1, argv + argc}), argc, argv);
}
