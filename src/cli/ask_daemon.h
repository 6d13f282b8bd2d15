// Asking the running daemon something over its control socket (docs/formats/control.md).
#pragma once

#include <string>

#include "cli/cli.h"

namespace weir::cli {

// The daemon's answer to one request. Errors: `unavailable` when none runs, and whatever it answers.
Result<Json> ask_daemon(const Context& context, const Json& request);

// --pin, or asked for on the terminal without echo. Standard input is never the agent's terminal: an agent
// that runs this is refused by the daemon.
Option approval_pin_option();
Result<std::string> approval_pin(const Args& args);

}  // namespace weir::cli
