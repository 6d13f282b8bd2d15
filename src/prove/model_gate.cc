#include "prove/model_gate.h"

#include <algorithm>

#include "cedar/authorizer.h"

namespace weir::prove {
namespace {

using cedar::EntityUid;
using cedar::Record;
using cedar::Value;
using event::Verdict;

// The cell of a value: the index of the highest cut that is not above it.
std::size_t cell_of(const ModelGateInput& input, std::int32_t value) {
  const auto it = std::upper_bound(input.cuts.begin(), input.cuts.end(), value);
  return static_cast<std::size_t>(it - input.cuts.begin()) - 1;
}

// None: a choice without `else` that is not taken, in a set.
std::optional<Value> value_of(const ModelContext& node, const ModelTerms& terms,
                              std::span<const std::int32_t> values) {
  using Kind = ModelContext::Kind;
  switch (node.kind) {
    case Kind::fixed:
      return node.value;
    case Kind::truth:
      return Value(terms.evaluate(node.term, values) != 0);
    case Kind::number:
      return Value(std::int64_t{terms.evaluate(node.term, values)});
    case Kind::integrity:
      return Value(integrity_name(terms.evaluate(node.term, values)));
    case Kind::confidentiality:
      return Value(confidentiality_name(terms.evaluate(node.term, values)));
    case Kind::choice: {
      const std::size_t branch = terms.evaluate(node.term, values) != 0 ? 0 : 1;
      if (branch >= node.children.size()) return std::nullopt;
      return value_of(node.children[branch], terms, values);
    }
    case Kind::record: {
      std::vector<Record::Field> fields;
      for (std::size_t i = 0; i < node.children.size(); ++i)
        if (auto value = value_of(node.children[i], terms, values))
          fields.emplace_back(node.names[i], std::move(*value));
      return Value(Record(std::move(fields)));
    }
    case Kind::set: {
      std::vector<Value> elements;
      for (const ModelContext& child : node.children)
        if (auto value = value_of(child, terms, values)) elements.push_back(std::move(*value));
      return Value(cedar::Set(std::move(elements)));
    }
  }
  return std::nullopt;
}

// @decision of a policy that is satisfied; as in guard/pack.h.
Verdict verdict_of(const cedar::Policy& policy) {
  const std::string* decision = policy.annotation("decision");
  const bool permit = policy.effect == cedar::Effect::permit;
  if (decision == nullptr) return permit ? Verdict::allow : Verdict::deny;
  return event::verdict_from(*decision).value_or(Verdict::deny);
}

bool observes(const cedar::Policy& policy) {
  const std::string* mode = policy.annotation("mode");
  return mode != nullptr && *mode == "observe";
}

int approvals_of(const cedar::Policy& policy) {
  const std::string* approvals = policy.annotation("approvals");
  return approvals != nullptr && *approvals == "2" ? 2 : 1;
}

ModelGateAnswer combine(const cedar::Response& response) {
  ModelGateAnswer answer{.verdict = Verdict::allow, .needs = 0};
  const auto hit = [&](const std::string& id, Verdict verdict, int approvals) {
    if (verdict == Verdict::allow) return;
    answer.verdict = std::max(answer.verdict, verdict);
    answer.policies.push_back(id);
    if (verdict == Verdict::ask) answer.needs = std::max(answer.needs, approvals);
  };
  for (const auto* forbid : response.satisfied_forbids)
    if (!observes(*forbid)) hit(forbid->id, verdict_of(*forbid), approvals_of(*forbid));
  for (const auto& error : response.errors)
    if (error.policy->effect == cedar::Effect::forbid && !observes(*error.policy))
      hit(error.policy->id, Verdict::deny, 1);
  for (const auto* permit : response.satisfied_permits)
    if (!observes(*permit)) hit(permit->id, verdict_of(*permit), 1);
  if (response.satisfied_permits.empty()) hit("default-deny", Verdict::deny, 1);
  if (event::lets_run(answer.verdict)) answer.needs = 0;
  if (answer.verdict > Verdict::ask) answer.needs = ModelGateAnswer::kRefused;
  std::sort(answer.policies.begin(), answer.policies.end());
  return answer;
}

}  // namespace

ModelGate::ModelGate(const ModelPolicies& policies, EntityUid principal, EntityUid action, EntityUid resource,
                     cedar::Entities entities)
    : policies_(&policies),
      principal_(std::move(principal)),
      action_(std::move(action)),
      resource_(std::move(resource)),
      entities_(std::move(entities)) {}

std::size_t ModelGate::combinations() const {
  std::size_t product = 1;
  for (const ModelGateInput& input : inputs) {
    product *= input.cuts.size();
    if (product > kModelGateInputsMax) return product;
  }
  return product;
}

cedar::Request ModelGate::request(std::span<const std::int32_t> values) const {
  const auto value = value_of(context, terms, values);
  const Record* record = value ? value->get_if<Record>() : nullptr;
  return {principal_, action_, resource_, record != nullptr ? *record : Record()};
}

void ModelGate::drop_idle_inputs() {
  const std::size_t all = combinations();
  if (all > kModelGateProbesMax) return;
  std::vector<std::int32_t> values(inputs.size());
  std::size_t stride = all;  // of one cell of the input that is looked at
  std::vector<bool> idle(inputs.size(), true);
  for (std::size_t index = 0; index < all; ++index) {
    std::size_t rest = index;
    for (std::size_t i = inputs.size(); i-- > 0;) {
      values[i] = inputs[i].cuts[rest % inputs[i].cuts.size()];
      rest /= inputs[i].cuts.size();
    }
    (void)answer(values);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t cells = inputs[i].cuts.size();
    stride /= cells;
    for (std::size_t index = 0; index < all && idle[i]; ++index) {
      const std::size_t first = index - index / stride % cells * stride;  // the same with this input at 0
      idle[i] = answers_[index]->needs == answers_[first]->needs &&
                answers_[index]->verdict == answers_[first]->verdict &&
                answers_[index]->policies == answers_[first]->policies;
    }
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (idle[i]) inputs[i].cuts = {0};
  answers_.clear();
}

const ModelGateAnswer& ModelGate::answer(std::span<const std::int32_t> values) {
  std::size_t index = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    index = index * inputs[i].cuts.size() + cell_of(inputs[i], values[i]);
  if (answers_.empty()) answers_.resize(combinations());
  auto& slot = answers_[index];
  if (slot) return *slot;
  ++asked_;
  slot = combine(cedar::authorize(policies_->policies, request(values), entities_));
  return *slot;
}

}  // namespace weir::prove
