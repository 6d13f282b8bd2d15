// The table of `weir cedar …`.
#include "cli/cedar_commands.h"

namespace weir::cli {

std::vector<CommandSpec> cedar_commands() {
  std::vector<CommandSpec> out = {cedar_authorize_command(), cedar_check_parse_command(),
                                  cedar_evaluate_command(),  cedar_format_command(),
                                  cedar_link_command(),      cedar_translate_policy_command()};
  const std::vector<CommandSpec> with_schema = cedar_schema_commands();
  out.insert(out.end(), with_schema.begin(), with_schema.end());
  return out;
}

}  // namespace weir::cli
