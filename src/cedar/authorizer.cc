#include "cedar/authorizer.h"

#include "cedar/evaluator.h"

namespace weir::cedar {
namespace {

// Whether all conditions hold, in order and stopping at the first that does not; none when one errs.
std::optional<bool> conditions_hold(const Policy& policy, Evaluator& evaluator) {
  for (const auto& condition : policy.conditions) {
    const auto value = evaluator.evaluate_bool(condition.body);
    if (!value) return std::nullopt;
    if (*value == condition.unless) return false;
  }
  return true;
}

}  // namespace

std::string_view name(Decision decision) {
  return decision == Decision::allow ? "allow" : "deny";
}

Response authorize(const PolicySet& policies, const Request& request, const Entities& entities) {
  Response response;
  Evaluator evaluator(request, entities);
  for (const Policy* policy : policies.matching(request, entities)) {
    const auto holds = conditions_hold(*policy, evaluator);
    if (!holds)
      response.errors.push_back({policy, evaluator.error()});
    else if (*holds)
      (policy->effect == Effect::permit ? response.satisfied_permits : response.satisfied_forbids)
          .push_back(policy);
    evaluator.reset();
  }
  if (response.satisfied_forbids.empty() && !response.satisfied_permits.empty())
    response.decision = Decision::allow;
  return response;
}

}  // namespace weir::cedar
