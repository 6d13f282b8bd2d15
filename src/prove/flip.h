// The nearest change of a request that changes its answer. Internal to explain.cc.
#pragma once

#include "prove/explain.h"

namespace weir::prove {

// Fills `flips`, `searched` and `why`.
Status find_flips(const cedar::PolicySet& policies, const cedar::Schema& schema, const Example& example,
                  Semantics semantics, Prover& prover, Explanation& out);

}  // namespace weir::prove
