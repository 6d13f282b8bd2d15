#include "prove/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cedar/authorizer.h"
#include "cedar/evaluator.h"
#include "prove/flip.h"

namespace weir::prove {
namespace {

const std::string* source_of(const std::vector<SourceText>& sources, const std::string& name) {
  for (const auto& source : sources)
    if (source.name == name) return &source.text;
  return nullptr;
}

ExplainedPolicy explain_policy(const cedar::Policy& policy, const Example& example, const std::string* text) {
  ExplainedPolicy out;
  out.id = policy.id;
  out.forbids = policy.effect == cedar::Effect::forbid;
  if (const auto* reason = policy.annotation("reason")) out.reason = *reason;
  out.where = fmt::format("{}:{}", policy.source, policy.position.line);
  out.outcome = "matches";
  cedar::Evaluator evaluator(example.request, example.entities);
  for (const auto& condition : policy.conditions) {
    ExplainedClause clause;
    clause.unless = condition.unless;
    const auto& span = condition.body.span;
    if (text != nullptr && span.end <= text->size()) {
      clause.line = cedar::position_of(*text, span.begin).line;
      clause.text = text->substr(span.begin, span.end - span.begin);
    }
    if (out.outcome != "matches") {
      clause.outcome = "not reached";
    } else if (const auto value = evaluator.evaluate_bool(condition.body)) {
      clause.outcome = *value ? "true" : "false";
      if (*value == condition.unless) out.outcome = "does not match";
    } else {
      clause.outcome = evaluator.error().message;
      out.outcome = "errs";
    }
    out.clauses.push_back(std::move(clause));
  }
  return out;
}

}  // namespace

Result<Explanation> explain(const cedar::PolicySet& policies, const cedar::Schema& schema,
                            const Example& example, const std::vector<SourceText>& sources,
                            Semantics semantics, Prover* prover) {
  Explanation out;
  out.answer = strength_name(semantics, strength(semantics, policies, example));
  const auto response = cedar::authorize(policies, example.request, example.entities);
  std::vector<const cedar::Policy*> deciding = response.reason();
  // A forbid that does not deny leaves the request to the others; under the guard's semantics it is what
  // decides.
  if (semantics == Semantics::weir)
    for (const auto* forbid : response.satisfied_forbids)
      if (std::find(deciding.begin(), deciding.end(), forbid) == deciding.end()) deciding.push_back(forbid);
  for (const auto* policy : policies.matching(example.request, example.entities)) {
    ExplainedPolicy explained = explain_policy(*policy, example, source_of(sources, policy->source));
    explained.decides = std::find(deciding.begin(), deciding.end(), policy) != deciding.end();
    out.policies.push_back(std::move(explained));
  }
  std::stable_sort(out.policies.begin(), out.policies.end(),
                   [](const auto& a, const auto& b) { return a.decides && !b.decides; });
  if (prover == nullptr) {
    out.why = "no solver was asked";
    return out;
  }
  TRY_STATUS(find_flips(policies, schema, example, semantics, *prover, out));
  return out;
}

}  // namespace weir::prove
