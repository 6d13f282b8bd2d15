// Named facts, as a catalogue file holds them (content/facts/*.yaml, docs/facts.md):
//
//   facts:
//     - name: credentials_then_network
//       says: A credential was read in this session within the last ten minutes.
//       by: [session]                      # apart for every value; default [session]
//       when: once[10m](file.read and class = credentials)
//       references: [T1552.001]
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "facts/formula.h"

namespace weir::facts {

struct Definition {
  std::string name;  // [a-z][a-z0-9_]*; what policies see in context.facts
  std::string says;  // a sentence that is true when the fact is
  std::vector<std::string> by;
  Formula when;
  std::vector<std::string> references;

  bool is_integer() const { return when.is_integer(); }
};

// All facts of one YAML text. Errors name `where` and the fact.
Result<std::vector<Definition>> parse_facts(std::string_view yaml, std::string_view where);

}  // namespace weir::facts
