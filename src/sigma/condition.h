// A rule's condition -> one expression, with the search identifiers put in.
//
//   condition  := and ("or" and)*                 words in any case
//   and        := not ("and" not)*
//   not        := "not" not | atom
//   atom       := "(" condition ")" | ("1" | "any" | "all") "of" ("them" | pattern) | identifier
//
// `them` stands for all identifiers that do not begin with "_"; a pattern names identifiers with "*".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sigma/rule.h"

namespace weir::sigma {

using Identifiers = std::vector<std::pair<std::string, Expr>>;

// Errors: invalid with what is wrong; limit (limits::kSigmaDepthMax, limits::kSigmaTermsMax).
// `used` (may be null) gets the identifiers that the condition names.
Result<Expr> parse_condition(std::string_view text, const Identifiers& identifiers,
                             std::vector<std::string>* used = nullptr);

}  // namespace weir::sigma
