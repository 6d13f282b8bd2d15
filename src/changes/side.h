// One side of a change as it is now: what a file or link holds. Inside the room only.
#pragma once

#include <string>

#include "base/result.h"
#include "changes/change.h"

namespace weir::changes {

// Completes a side of which `node` is known. Nothing is followed, on the host's side too. Error `unavailable`
// when it became something else meanwhile.
Status read_side(int dir, const std::string& name, Side& side);

// Does what stands at this name hold what `state` (state_text()) says, whatever its permissions are? They are
// not the pod's any more once a commit has written it.
Result<bool> holds(int dir, const std::string& name, const std::string& state);

}  // namespace weir::changes
