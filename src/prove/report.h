// Analyses, comparisons and proofs as the JSON that scripts rely on (docs/prove.md), and as text for people.
#pragma once

#include <string>

#include "base/json.h"
#include "prove/analyze.h"
#include "prove/compare.h"

namespace weir::prove {

// {"vacuous", "envs": [{"principal", "action", "resource", "findings": [...]}], ...}
Json to_json(const Analysis& analysis, const cedar::Schema& schema);
std::string to_text(const Analysis& analysis, const cedar::Schema& schema);

// {"envs": [{"principal", "action", "resource", "verdict", "examples": [...]}]}
Json to_json(const Comparison& comparison, const cedar::Schema& schema);
std::string to_text(const Comparison& comparison, const cedar::Schema& schema);

// One request for a person: principal, action, resource, context, and the attributes of the entities.
std::string to_text(const Example& example, std::string_view indent);

}  // namespace weir::prove
