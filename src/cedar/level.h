// Level validation (RFC 76 of Cedar): how many steps from entity to entity a policy takes.
//
// At level 0 a policy reads nothing of any entity, at level 1 attributes, tags and ancestors of principal,
// action and resource (and of entities in the context), at level 2 those of the entities found there, and so
// on. An engine that knows the level knows which entities to load.
#pragma once

#include <cstdint>
#include <vector>

#include "cedar/typecheck.h"

namespace weir::cedar {

// The mistakes of a condition that was typechecked in `environment`: accesses beyond `level_max`, and entity
// literals that are read, which no level allows.
std::vector<Diagnostic> check_level(const TypedExpression& condition, const RequestEnvironment& environment,
                                    std::uint32_t level_max);

}  // namespace weir::cedar
