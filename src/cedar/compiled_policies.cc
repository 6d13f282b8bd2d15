#include "cedar/compiled_policies.h"

namespace weir::cedar {
namespace {

std::uint32_t add_conditions(const Policy& policy, ProgramBuilder& builder) {
  std::vector<std::uint32_t> nodes;
  nodes.reserve(policy.conditions.size());
  for (const auto& condition : policy.conditions) {
    const std::uint32_t body = builder.add(condition.body);
    nodes.push_back(condition.unless ? builder.add_negation(body) : body);
  }
  const std::uint32_t node = builder.add_conjunction(nodes);
  builder.use(node);
  return node;
}

}  // namespace

CompiledPolicies compile(std::span<const Policy> policies) {
  CompiledPolicies out;
  ProgramBuilder builder;
  out.conditions.reserve(policies.size());
  for (const Policy& policy : policies)
    out.conditions.push_back(add_conditions(policy, builder));
  out.program = std::move(builder).finish();
  out.scopes = ScopeIndex(policies);
  return out;
}

}  // namespace weir::cedar
