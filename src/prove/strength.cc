#include "prove/strength.h"

#include <algorithm>

#include "cedar/authorizer.h"

namespace weir::prove {
namespace {

using event::Verdict;

// What one satisfied policy demands under the guard's semantics.
int demanded(const cedar::Policy& policy) {
  const std::string* mode = policy.annotation("mode");
  if (mode != nullptr && *mode == "observe") return 0;
  const std::string* decision = policy.annotation("decision");
  const Verdict plain = policy.effect == cedar::Effect::forbid ? Verdict::deny : Verdict::allow;
  if (decision == nullptr) return static_cast<int>(plain);
  return static_cast<int>(event::verdict_from(*decision).value_or(plain));
}

bool counts(const cedar::Policy& policy) {
  const std::string* mode = policy.annotation("mode");
  return mode == nullptr || *mode != "observe";
}

constexpr int kDeny = static_cast<int>(Verdict::deny);

}  // namespace

bool has_verdicts(const cedar::PolicySet& policies) {
  return std::any_of(policies.policies().begin(), policies.policies().end(), [](const cedar::Policy& policy) {
    return policy.annotation("decision") != nullptr || policy.annotation("mode") != nullptr;
  });
}

std::vector<int> strengths(Semantics semantics) {
  if (semantics == Semantics::cedar) return {1};
  return {1, 2, 3, 4, 5, 6};
}

std::string_view strength_name(Semantics semantics, int strength) {
  if (semantics == Semantics::cedar) return strength == 0 ? "allow" : "deny";
  return event::name(static_cast<Verdict>(strength));
}

int strength(Semantics semantics, const cedar::PolicySet& policies, const Example& example) {
  const auto response = cedar::authorize(policies, example.request, example.entities);
  if (semantics == Semantics::cedar) return response.decision == cedar::Decision::allow ? 0 : 1;
  int out = response.satisfied_permits.empty() ? kDeny : 0;
  for (const auto* list : {&response.satisfied_permits, &response.satisfied_forbids})
    for (const auto* policy : *list)
      out = std::max(out, demanded(*policy));
  for (const auto& error : response.errors)
    if (error.policy->effect == cedar::Effect::forbid && counts(*error.policy)) out = std::max(out, kDeny);
  return out;
}

Result<Term> at_least(Semantics semantics, int strength, const cedar::PolicySet& policies, Encoder& encoder) {
  Terms& terms = encoder.terms();
  std::vector<Term> permitted;
  std::vector<Term> cases;
  for (const auto& policy : policies.policies()) {
    TRY(const Condition condition, encoder.policy(policy));
    const bool forbids = policy.effect == cedar::Effect::forbid;
    if (!forbids) permitted.push_back(condition.holds);
    if (semantics == Semantics::cedar) {
      if (forbids) cases.push_back(condition.holds);
      continue;
    }
    if (demanded(policy) >= strength) cases.push_back(condition.holds);
    if (forbids && counts(policy) && kDeny >= strength) cases.push_back(condition.errs);
  }
  if (semantics == Semantics::cedar || kDeny >= strength)
    cases.push_back(terms.negate(terms.any(std::move(permitted))));
  return terms.any(std::move(cases));
}

Result<Term> weakens(Semantics semantics, const cedar::PolicySet& stronger, const cedar::PolicySet& weaker,
                     Encoder& encoder) {
  std::vector<Term> cases;
  for (const int rank : strengths(semantics)) {
    TRY(const Term before, at_least(semantics, rank, stronger, encoder));
    TRY(const Term after, at_least(semantics, rank, weaker, encoder));
    cases.push_back(encoder.terms().all({before, encoder.terms().negate(after)}));
  }
  return encoder.terms().any(std::move(cases));
}

}  // namespace weir::prove
