// The commands of `weir cedar`: exactly Cedar, nothing of Weir's own strictness. cedar.cc puts them together.
//
//   cedar.cc          authorize
//   cedar_policy.cc   check-parse, evaluate, format, translate-policy, link
//   cedar_schema.cc   validate, translate-schema and what else needs a schema
#pragma once

#include <vector>

#include "cli/cli.h"

namespace weir::cli {

CommandSpec cedar_authorize_command();
std::vector<CommandSpec> cedar_policy_commands();
std::vector<CommandSpec> cedar_schema_commands();

// All of them, in the order of `weir cedar --help`.
std::vector<CommandSpec> cedar_commands();

}  // namespace weir::cli
