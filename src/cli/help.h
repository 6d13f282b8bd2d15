// What `--help` prints, made from the list of commands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.h"

namespace weir::cli {

// Options that every command has.
const std::vector<Option>& global_options();

// "weir pod exec [OPTIONS] -- CMD..."
std::string usage_line(const CommandSpec& command);

// The help of a command ("flow vouch"), of a group ("ledger"), of both at once ("flow"), or of the program
// ("").
std::string help_text(const std::vector<CommandSpec>& commands, const std::string& name);

// "verify, show, prove": the second words behind a group, with commas; empty when it is none.
std::string second_words(const std::vector<CommandSpec>& commands, std::string_view group);

}  // namespace weir::cli
