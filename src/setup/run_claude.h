// guard_command for Claude Code; see run_overlay.h.
#pragma once

#include "setup/run_overlay.h"

namespace weir::setup {

// Changes guarded.argv and sets guarded.settings. `at`: index of the first argument of Claude Code itself.
Status guard_claude(const RunRequest& request, std::size_t at, GuardedCommand& guarded);

}  // namespace weir::setup
