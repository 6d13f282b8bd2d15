// What changes when one set of policies takes the place of another.
//
//   TRY(const Comparison comparison, compare(before, after, schema, prover, {}));
//   if (comparison.looser()) show(comparison.environments.front().loosened);
//
// For every request environment: equivalent, tighter, looser or incomparable, the new set as seen from the
// old, with a request that shows each direction. Environments in which something opens come first, and among
// them those where what used to object was most severe (@severity of the old set's forbids).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prove/prover.h"
#include "prove/strength.h"

namespace weir::prove {

struct Change {
  Example example;
  std::string before;  // "deny", "ask" …
  std::string after;
  std::vector<std::string> policies_before;  // that determined it
  std::vector<std::string> policies_after;
  std::string severity;  // of what objected before; "" when nothing did by name
};

struct EnvironmentComparison {
  enum class Verdict : std::uint8_t { equivalent, tighter, looser, incomparable, unknown };
  cedar::RequestEnvironment environment{"", cedar::EntityUid("", ""), ""};
  Verdict verdict = Verdict::unknown;
  std::optional<Change> loosened;   // a request that gets a weaker answer now
  std::optional<Change> tightened;  // one that gets a stronger answer
  std::string why;                  // unknown
  int risk = 0;                     // of what opens: 0 none or unnamed … 5 critical
};
std::string_view name(EnvironmentComparison::Verdict verdict);

struct Comparison {
  std::vector<EnvironmentComparison> environments;
  bool looser() const;   // somewhere, or incomparable
  bool unknown() const;  // somewhere nothing is proved
};

// Errors: policies that do not validate against the schema; internal.
Result<Comparison> compare(const cedar::PolicySet& before, const cedar::PolicySet& after,
                           const cedar::Schema& schema, Prover& prover, Semantics semantics);

}  // namespace weir::prove
