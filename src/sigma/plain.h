// The plain reading of a rule: its expression, evaluated from the top, one test after the other. Slow and
// obvious; `weir sigma test` and the tests hold the Engine against it.
#pragma once

#include "sigma/record.h"
#include "sigma/rule.h"

namespace weir::sigma {

bool holds_plainly(const Expr& expr, Record record);

}  // namespace weir::sigma
