// A rule as Sigma's YAML: what `weir sigma import` makes of other formats.
//
// The detection is written anew from the rule's expression: equal in meaning, not in its words. read_rules()
// of the text gives an equal expression again.
#pragma once

#include <string>

#include "sigma/rule.h"

namespace weir::sigma {

std::string to_yaml(const Rule& rule);

}  // namespace weir::sigma
