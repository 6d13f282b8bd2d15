// guard_command for Codex; see run_overlay.h.
#pragma once

#include "setup/run_overlay.h"

namespace weir::setup {

// Changes guarded.argv. `at`: index of the first argument of Codex itself.
Status guard_codex(const RunRequest& request, std::size_t at, GuardedCommand& guarded);

}  // namespace weir::setup
