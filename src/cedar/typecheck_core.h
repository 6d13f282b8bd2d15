// A policy as one expression over the operators that Cedar defines the others by.
//
//   permit(principal is User, action == Action::"read", resource) when { principal has a.b };
//   ==>  principal is User && (action == Action::"read" && (true && (principal has a && principal.a has b)))
//
// This is what is typechecked, measured for levels and encoded for the solver. Left are: literal, variable,
// and_, or_, if_, not_, negate, equal, less, less_equal, add, subtract, multiply, in, contains, contains_all,
// contains_any, has_tag, get_tag, is_empty, attribute, has (of one attribute), like, is, set, record (sorted
// by attribute) and call. Spans are those of the operators that were written. Of folded constants
// only `true` and `false` joined by && and || are in it, as in the reference.
#pragma once

#include <string>

#include "base/result.h"
#include "cedar/policy.h"

namespace weir::cedar {

// The entity types that a template's slots stand for; "" where there is no slot. A slot becomes a literal of
// that type with the id kSlotId.
struct SlotTypes {
  std::string principal;
  std::string resource;
};
inline constexpr std::string_view kSlotId = "?slot";

// Errors: `limit`, when it has more than kCedarCoreNodesMax expressions, since some stand for several.
Result<Expression> core_form(const Expression& expression);
Result<Expression> core_condition(const Policy& policy, const SlotTypes& slots = {});

// Whether two core expressions are the same but for their places in the text.
bool same_shape(const Expression& a, const Expression& b);

}  // namespace weir::cedar
