// Asking the person at the terminal.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::cli {

// From /dev/tty without echo. `option` is what gives the same without a question, for those who have no
// terminal; that, and an empty answer, are Errors. A signal that ends or stops the program while it asks
// finds the terminal as it was before: SIGINT, SIGTERM, SIGHUP and SIGQUIT end it with 128 + signal, after
// SIGTSTP the question is asked again.
Result<std::string> ask_secret(const std::string& question, const std::string& option);

}  // namespace weir::cli
