// Asking the person at the terminal.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::cli {

// From /dev/tty without echo. Error `unavailable` when there is no terminal.
Result<std::string> ask_secret(const std::string& question);

}  // namespace weir::cli
