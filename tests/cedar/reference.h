// authorize() as the definition has it: every policy in turn, its scope by admits(), its conditions by the
// tree evaluator. What is compiled and indexed is held against this.
#pragma once

#include "cedar/authorizer.h"
#include "cedar/evaluator.h"

namespace weir::cedar {

inline Response reference_response(const PolicySet& policies, const Request& request,
                                   const Entities& entities) {
  Response out;
  for (const Policy& policy : policies.policies()) {
    if (!admits(policy.principal, request.principal(), entities) ||
        !admits(policy.action, request.action(), entities) ||
        !admits(policy.resource, request.resource(), entities))
      continue;
    Evaluator evaluator(request, entities);
    bool holds = true;
    for (const auto& condition : policy.conditions) {
      const auto value = evaluator.evaluate_bool(condition.body);
      if (!value) out.errors.push_back({&policy, evaluator.error()});
      holds = value && *value != condition.unless;
      if (!holds) break;
    }
    if (holds)
      (policy.effect == Effect::permit ? out.satisfied_permits : out.satisfied_forbids).push_back(&policy);
  }
  if (out.satisfied_forbids.empty() && !out.satisfied_permits.empty()) out.decision = Decision::allow;
  return out;
}

// Also kinds and messages of errors.
inline bool same(const Response& a, const Response& b) {
  const auto same_error = [](const PolicyError& x, const PolicyError& y) {
    return x.policy == y.policy && x.error.kind == y.error.kind && x.error.message == y.error.message;
  };
  return a.decision == b.decision && a.satisfied_permits == b.satisfied_permits &&
         a.satisfied_forbids == b.satisfied_forbids && a.errors.size() == b.errors.size() &&
         std::equal(a.errors.begin(), a.errors.end(), b.errors.begin(), same_error);
}

}  // namespace weir::cedar
