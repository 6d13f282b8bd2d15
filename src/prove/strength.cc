#include "prove/strength.h"

#include <algorithm>

#include "cedar/authorizer.h"

namespace weir::prove {
namespace {

using event::Verdict;

constexpr int kAsk = static_cast<int>(Verdict::ask);
constexpr int kAskTwo = kAsk + 1;  // everything above `ask` is one higher than its verdict

bool counts(const cedar::Policy& policy) {
  const std::string* mode = policy.annotation("mode");
  return mode == nullptr || *mode != "observe";
}

}  // namespace

int demanded(const cedar::Policy& policy) {
  if (!counts(policy)) return 0;
  const Verdict plain = policy.effect == cedar::Effect::forbid ? Verdict::deny : Verdict::allow;
  const std::string* decision = policy.annotation("decision");
  const std::string* approvals = policy.annotation("approvals");
  return strength_of(decision == nullptr ? plain : event::verdict_from(*decision).value_or(plain),
                     approvals != nullptr && *approvals == "2" ? 2 : 1);
}

int strength_of(event::Verdict verdict, int approvals) {
  const int rank = static_cast<int>(verdict);
  if (verdict == Verdict::ask) return approvals > 1 ? kAskTwo : kAsk;
  return rank < kAsk ? rank : rank + 1;
}

bool has_verdicts(const cedar::PolicySet& policies) {
  return std::any_of(policies.policies().begin(), policies.policies().end(), [](const cedar::Policy& policy) {
    return policy.annotation("decision") != nullptr || policy.annotation("mode") != nullptr ||
           policy.annotation("approvals") != nullptr;
  });
}

std::vector<int> strengths(Semantics semantics) {
  if (semantics == Semantics::cedar) return {1};
  return {1, 2, 3, 4, 5, 6, 7};
}

std::string_view strength_name(Semantics semantics, int strength) {
  if (semantics == Semantics::cedar) return strength == 0 ? "allow" : "deny";
  if (strength == kAskTwo) return "ask, two approvals";
  return event::name(static_cast<Verdict>(strength < kAskTwo ? strength : strength - 1));
}

int strength(Semantics semantics, const cedar::PolicySet& policies, const Example& example) {
  const auto response = cedar::authorize(policies, example.request, example.entities);
  if (semantics == Semantics::cedar) return response.decision == cedar::Decision::allow ? 0 : 1;
  const auto& permits = response.satisfied_permits;
  const bool permitted =
      std::any_of(permits.begin(), permits.end(), [](const auto* permit) { return counts(*permit); });
  const int deny = strength_of(Verdict::deny);
  int out = permitted ? 0 : deny;
  for (const auto* list : {&response.satisfied_permits, &response.satisfied_forbids})
    for (const auto* policy : *list)
      out = std::max(out, demanded(*policy));
  for (const auto& error : response.errors)
    if (error.policy->effect == cedar::Effect::forbid && counts(*error.policy)) out = std::max(out, deny);
  return out;
}

Result<Term> at_least(Semantics semantics, int strength, const cedar::PolicySet& policies, Encoder& encoder) {
  Terms& terms = encoder.terms();
  const bool denies = semantics == Semantics::cedar || strength_of(Verdict::deny) >= strength;
  std::vector<Term> permitted;
  std::vector<Term> cases;
  for (const auto& policy : policies.policies()) {
    TRY(const Condition condition, encoder.policy(policy));
    const bool forbids = policy.effect == cedar::Effect::forbid;
    if (!forbids && (semantics == Semantics::cedar || counts(policy))) permitted.push_back(condition.holds);
    if (semantics == Semantics::cedar) {
      if (forbids) cases.push_back(condition.holds);
      continue;
    }
    if (demanded(policy) >= strength) cases.push_back(condition.holds);
    if (forbids && denies && counts(policy)) cases.push_back(condition.errs);
  }
  if (denies) cases.push_back(terms.negate(terms.any(std::move(permitted))));
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
