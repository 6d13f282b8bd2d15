// `weir sigma`: Sigma rules without an agent.
#include "cli/sigma_commands.h"

namespace weir::cli {

std::vector<CommandSpec> sigma_commands() {
  std::vector<CommandSpec> out = sigma_check_commands();
  out.push_back(sigma_match_command());
  out.push_back(sigma_import_command());
  return out;
}

}  // namespace weir::cli
