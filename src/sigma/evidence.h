// Where a rule that matched found what it looks for.
//
//   if (const auto at = evidence_of(rule.condition, record)) report(at->field, at->begin, at->end);
//
// Of several tests that hold, one about a command line or a path is preferred to one about the program or
// the tool, and what is looked for in a text to the text as a whole. Meant for the few rules that matched: it
// reads the rule plainly, without the engine.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "sigma/record.h"
#include "sigma/rule.h"

namespace weir::sigma {

struct Evidence {
  std::string_view field;  // of the record
  std::size_t begin = 0;   // bytes of that field's text
  std::size_t end = 0;
};

// None: what makes the rule hold is the absence of something.
std::optional<Evidence> evidence_of(const Expr& condition, Record record);

}  // namespace weir::sigma
