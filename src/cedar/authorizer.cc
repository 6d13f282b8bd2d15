#include "cedar/authorizer.h"

#include <algorithm>

#include "cedar/compiled_policies.h"
#include "cedar/evaluator.h"

namespace weir::cedar {

struct Workspace::State {
  MachineMemory memory;
  ScopeIndex::Scratch scratch;
  Response response;
};

namespace {

// Policies lie in their order.
void put_in_order(Response& response) {
  for (auto* list : {&response.satisfied_permits, &response.satisfied_forbids})
    if (!std::is_sorted(list->begin(), list->end())) std::sort(list->begin(), list->end());
  std::sort(response.errors.begin(), response.errors.end(),
            [](const PolicyError& a, const PolicyError& b) { return a.policy < b.policy; });
}

// The first condition that errs, as the evaluator words it.
std::string message_of(const Policy& policy, Evaluator& evaluator) {
  for (const auto& condition : policy.conditions) {
    const auto value = evaluator.evaluate_bool(condition.body);
    if (!value) return evaluator.error().message;
    if (*value == condition.unless) break;
  }
  return {};
}

}  // namespace

std::string_view name(Decision decision) {
  return decision == Decision::allow ? "allow" : "deny";
}

Workspace::Workspace() : state_(std::make_unique<State>()) {}
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

const Response& authorize(const PolicySet& policies, const Request& request, const Entities& entities,
                          Workspace& workspace) {
  auto& [memory, scratch, response] = *workspace.state_;
  response.decision = Decision::deny;
  response.satisfied_permits.clear();
  response.satisfied_forbids.clear();
  response.errors.clear();
  const CompiledPolicies& compiled = policies.compiled();
  const Policy* first = policies.policies().data();
  Machine machine(compiled.program, request, entities, memory);
  for (const std::uint32_t number : compiled.scopes.matching(request, entities, scratch)) {
    const Datum holds = machine.run(compiled.conditions[number]);
    if (holds.kind == Datum::Kind::boolean) {
      if (!holds.boolean) continue;
      const Policy* policy = first + number;
      (policy->effect == Effect::permit ? response.satisfied_permits : response.satisfied_forbids)
          .push_back(policy);
    } else {
      response.errors.push_back({first + number, {holds.fault_kind(), {}}});
    }
  }
  put_in_order(response);
  if (response.satisfied_forbids.empty() && !response.satisfied_permits.empty())
    response.decision = Decision::allow;
  return response;
}

void explain_errors(Response& response, const Request& request, const Entities& entities) {
  Evaluator evaluator(request, entities);
  for (auto& [policy, error] : response.errors) {
    error.message = message_of(*policy, evaluator);
    evaluator.reset();
  }
}

Response authorize(const PolicySet& policies, const Request& request, const Entities& entities) {
  Workspace workspace;
  authorize(policies, request, entities, workspace);
  Response response = std::move(workspace.state_->response);
  explain_errors(response, request, entities);
  return response;
}

}  // namespace weir::cedar
