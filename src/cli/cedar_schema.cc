// `weir cedar validate|translate-schema`: what needs a schema.
#include "cli/cedar_commands.h"

namespace weir::cli {

std::vector<CommandSpec> cedar_schema_commands() {
  return {};
}

}  // namespace weir::cli
