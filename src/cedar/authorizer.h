// The decision: which policies are satisfied by a request, and what follows.
//
//   Response response = authorize(policies, request, entities);
//   for (const Policy* policy : response.reason()) log(policy->id, policy->position.line);
//
// Exactly Cedar: allow when some permit is satisfied and no forbid is; a policy that errs is not satisfied
// and is listed. Stateless and re-entrant: any number of threads may ask the same PolicySet and Entities.
#pragma once

#include <string_view>
#include <vector>

#include "cedar/evaluation_error.h"
#include "cedar/policy_set.h"

namespace weir::cedar {

enum class Decision : std::uint8_t { allow, deny };
std::string_view name(Decision decision);

struct PolicyError {
  const Policy* policy = nullptr;
  EvaluationError error;
};

// Points into the PolicySet that was asked; all lists are in the order of the policies.
struct Response {
  Decision decision = Decision::deny;
  std::vector<const Policy*> satisfied_permits;  // also when a forbid overrides them
  std::vector<const Policy*> satisfied_forbids;
  std::vector<PolicyError> errors;  // permits and forbids; look at policy->effect

  // The policies that determined the decision: the permits of an allow, the forbids of a deny; none when
  // nothing was satisfied.
  const std::vector<const Policy*>& reason() const {
    return decision == Decision::allow ? satisfied_permits : satisfied_forbids;
  }
};

Response authorize(const PolicySet& policies, const Request& request, const Entities& entities);

}  // namespace weir::cedar
