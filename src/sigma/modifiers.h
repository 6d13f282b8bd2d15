// "field|modifier|…: values" -> one expression over tests. Sigma 2.1, modifiers appendix.
//
//   TRY(Expr expr, detection_item("CommandLine|contains|all", Json::array({"-enc", "hidden"}), options));
//
// Modifiers are applied in the order written. Besides those of the appendix `equals` and `exact` are known:
// the whole value, in which wildcards are plain characters.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sigma/rule.h"

namespace weir::sigma {

struct ParseOptions {
  // What %name% stands for in values with the modifier `expand`: Sigma strings, joined by "or". A rule with a
  // placeholder that is not here is refused, as the specification asks.
  std::map<std::string, std::vector<std::string>> placeholders;
};

// The key of a detection item and its value or values. `key` "" (or "|all") makes keywords. Errors: invalid,
// with what is wrong and how to mend it, and no place; limit.
Result<Expr> detection_item(std::string_view key, const Json& value, const ParseOptions& options);

// Names of all modifiers, for hints and completion.
const std::vector<std::string_view>& modifier_names();

}  // namespace weir::sigma
