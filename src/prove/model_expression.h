// Conditions of a model file: over labels, facts, counters and approvals.
//
//   true.self.integrity == untrusted and true.self.confidentiality >= internal and not approved
//   any(worker, monitored.self.confidentiality == secret) or monitored.sends < 3
//
//   expression := conjunction { "or" conjunction }      comparison := operand [ operator operand ]
//   conjunction := negation { "and" negation }          operator   := "==" "!=" "<" "<=" ">" ">="
//   negation := "not" negation | comparison             operand    := number | "true" | "false" | label |
//   path
//                                                                   | "(" expression ")"
//                                                                   | ("any" | "every") "(" group ","
//                                                                   expression ")"
//
// A path is names joined by dots. Labels compare by their lattices: trusted > user > workspace > untrusted
// and secret > internal > public. Names are resolved when a model is lowered (model_symbols.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::prove {

inline constexpr std::size_t kModelExpressionBytesMax = 4096;
inline constexpr int kModelExpressionDepthMax = 64;

struct ModelExpression {
  enum class Kind : std::uint8_t { number, truth, label, path, negation, all, some, compare, any, every };
  enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

  Kind kind = Kind::truth;
  Comparison comparison = Comparison::equal;
  std::int64_t value = 0;  // number; truth as 0 or 1
  std::string text;        // label, path, or the group of any and every
  std::vector<ModelExpression> args;
};

// Errors: `invalid` with the column, `limit`. `where` names the text in messages.
Result<ModelExpression> parse_model_expression(std::string_view text, std::string_view where);

// As it would be written, for reports.
std::string expression_text(const ModelExpression& expression);

}  // namespace weir::prove
