// The commands of `weir cedar`: exactly Cedar, nothing of Weir's own strictness. cedar.cc puts them together.
//
//   cedar_authorize.cc  authorize
//   cedar_check.cc      check-parse, evaluate
//   cedar_policy.cc     format, translate-policy, link
//   cedar_schema.cc     validate, translate-schema and what else needs a schema
//
// What they read from options, they read through cedar_input.h.
#pragma once

#include <vector>

#include "cli/cli.h"

namespace weir::cli {

CommandSpec cedar_authorize_command();
CommandSpec cedar_check_parse_command();
CommandSpec cedar_evaluate_command();
CommandSpec cedar_format_command();
CommandSpec cedar_translate_policy_command();
CommandSpec cedar_link_command();
std::vector<CommandSpec> cedar_schema_commands();

// All of them, in the order of `weir cedar --help`.
std::vector<CommandSpec> cedar_commands();

}  // namespace weir::cli
