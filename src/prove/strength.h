// How strongly a set of policies answers a request, as a number to be compared and as a term to be proved
// about.
//
// Semantics::cedar knows two strengths, allow (0) and deny (1), exactly as authorize() has it: a forbid that
// errs is skipped. Semantics::weir is what the guard makes of the same policies (docs/policies.md): each
// forbid has the verdict of its @decision, a forbid that errs denies, what no permit covers is denied, and
// the strongest wins; a policy with @mode("observe") does not count, not even as a permit. To ask two people
// (@approvals("2")) is stronger than to ask one.
#pragma once

#include <vector>

#include "cedar/policy_set.h"
#include "event/decision.h"
#include "prove/encoder.h"
#include "prove/example.h"

namespace weir::prove {

enum class Semantics : std::uint8_t { cedar, weir };

// Whether any policy has an annotation that only the guard's semantics reads.
bool has_verdicts(const cedar::PolicySet& policies);

// What a verdict is under Semantics::weir; `approvals` (1 or 2) means something for `ask` only.
int strength_of(event::Verdict verdict, int approvals = 1);
// What one policy demands of the requests that it matches, under Semantics::weir.
int demanded(const cedar::Policy& policy);
// The strengths that make a difference, above 0, weakest first.
std::vector<int> strengths(Semantics semantics);
// "allow", "deny"; "warn", "ask", "ask, two approvals" …
std::string_view strength_name(Semantics semantics, int strength);

int strength(Semantics semantics, const cedar::PolicySet& policies, const Example& example);

// Where the answer is at least that strong. Errors: a policy is not supported.
Result<Term> at_least(Semantics semantics, int strength, const cedar::PolicySet& policies, Encoder& encoder);

// Where `weaker` answers less strongly than `stronger`.
Result<Term> weakens(Semantics semantics, const cedar::PolicySet& stronger, const cedar::PolicySet& weaker,
                     Encoder& encoder);

}  // namespace weir::prove
