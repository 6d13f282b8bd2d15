// Values in Cedar's JSON for entities and contexts, as entity_json.h reads them: {"__entity": {"type", "id"}}
// and {"__extn": {"fn", "arg"}} are the escapes.
#pragma once

#include "base/json.h"
#include "cedar/value.h"

namespace weir::cedar {

Json value_json(const Value& value);

}  // namespace weir::cedar
