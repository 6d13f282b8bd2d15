// `weir cedar check-parse|evaluate|format|translate-policy|link`: policies as text and as JSON.
#include "cli/cedar_commands.h"

namespace weir::cli {

std::vector<CommandSpec> cedar_policy_commands() {
  return {};
}

}  // namespace weir::cli
