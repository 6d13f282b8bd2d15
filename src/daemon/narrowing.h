// What must hold before a pack is used: layers below the top owner only narrow, and no forbid can err.
//
// A layer of refusals narrows by construction and has no obligation (guard/layers.h). One that permits
// something must be shown to permit nothing that was refused before: first by looking for a request that
// shows the contrary, then by proof. A forbid that errs refuses, so that an overflow cannot open anything; a
// pack in which one can err on a request that the schema allows is refused all the same, since it would
// refuse by accident.
#pragma once

#include "guard/pack.h"

namespace weir::daemon {

// Errors: `denied` with a request that the layer would let pass, or on which a forbid errs; `unavailable`
// when that could not be proved, also because no solver is here. Most packs need none: only forbids that
// calculate, read tags or call extension functions are asked about.
Status check_narrowing(const guard::Pack& pack);
Status check_forbids(const guard::Pack& pack);

}  // namespace weir::daemon
