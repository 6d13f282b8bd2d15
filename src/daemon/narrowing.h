// What must hold before a pack is used: layers below the top owner only narrow, and no forbid can err.
//
// A layer of refusals narrows by construction and has no obligation (guard/layers.h). One that permits
// something must be shown to permit nothing that was refused before: first by looking for a request that
// shows the contrary, then by proof. A forbid that errs refuses, so that an overflow cannot open anything; a
// pack in which one can err on a request that the schema allows is refused all the same, since it would
// refuse by accident.
#pragma once

#include <optional>

#include "guard/pack.h"
#include "prove/certificate.h"

namespace weir::daemon {

// What a solver was needed for, as a certificate that names the pack; none when nothing was, as for most
// packs: only permits of lower layers and forbids that calculate, read tags or call extension functions are
// asked about. With `certify` false there is never one. Nor is there when the certificate's questions, which
// are put without simplification, were not all answered; what must hold was proved all the same.
//
// Errors: `denied` with a request that the layer would let pass, or on which a forbid errs; `unavailable`
// when that could not be proved, also because no solver is here.
Result<std::optional<prove::Certificate>> check_pack(const guard::Pack& pack, bool certify);

}  // namespace weir::daemon
