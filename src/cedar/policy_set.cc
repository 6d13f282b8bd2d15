#include "cedar/policy_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/compiled_policies.h"
#include "cedar/parser.h"

namespace weir::cedar {
namespace {

Error duplicate_id(const Policy& policy, const Policy& earlier) {
  const auto place = [](const Policy& at) {
    return fmt::format("{}{}{}:{}", at.source, at.source.empty() ? "" : ":", at.position.line,
                       at.position.column);
  };
  return Error{ErrorCode::exists, fmt::format("two policies have the id \"{}\"", printable(policy.id, 100)),
               place(policy),
               fmt::format("the other one is at {}; give one of them another @id", place(earlier))};
}

// Reads one text and appends its policies, with their ids.
Status read_source(std::string_view text, std::string_view name, std::vector<Policy>& out) {
  auto parsed = parse_policies(text);
  if (!parsed) return std::unexpected(parsed.error().in(text, name));
  for (auto& policy : *parsed) {
    const std::string* id = policy.annotation("id");
    policy.id = id != nullptr ? *id : fmt::format("policy{}", out.size());
    policy.source = name;
    out.push_back(std::move(policy));
  }
  return {};
}

}  // namespace

struct PolicySet::Index {
  std::vector<Policy> policies;
  std::vector<Policy> templates;
  std::unordered_map<std::string_view, const Policy*> by_id;
  CompiledPolicies compiled;  // points into `policies`
};

bool admits(const Scope& scope, const EntityUid& uid, const Entities& entities) {
  switch (scope.kind) {
    case Scope::Kind::any:
      return true;
    case Scope::Kind::is:
      return uid.type() == scope.entity_type;
    case Scope::Kind::equal:
      return !scope.slot && uid == scope.entities.front();
    case Scope::Kind::in:
      return !scope.slot && entities.is_in(uid, scope.entities.front());
    case Scope::Kind::is_in:
      return !scope.slot && uid.type() == scope.entity_type && entities.is_in(uid, scope.entities.front());
    case Scope::Kind::in_any:
      return std::any_of(scope.entities.begin(), scope.entities.end(),
                         [&](const EntityUid& ancestor) { return entities.is_in(uid, ancestor); });
  }
  return false;
}

PolicySet::PolicySet() : index_(std::make_shared<const Index>()) {}

Result<PolicySet> PolicySet::parse(std::string_view text, std::string_view name) {
  std::vector<Policy> policies;
  TRY_STATUS(read_source(text, name, policies));
  return make(std::move(policies));
}

Result<PolicySet> PolicySet::parse(std::span<const PolicySource> sources) {
  std::vector<Policy> policies;
  for (const auto& source : sources)
    TRY_STATUS(read_source(source.text, source.name, policies));
  return make(std::move(policies));
}

Result<PolicySet> PolicySet::make(std::vector<Policy> policies) {
  if (policies.size() > limits::kCedarPoliciesMax)
    return fail(ErrorCode::limit, fmt::format("more than {} policies", limits::kCedarPoliciesMax), {},
                "load fewer policies");
  auto index = std::make_shared<Index>();
  for (auto& policy : policies)
    (policy.is_template() ? index->templates : index->policies).push_back(std::move(policy));
  for (const auto* list : {&index->policies, &index->templates})
    for (const Policy& policy : *list) {
      const auto [at, added] = index->by_id.try_emplace(policy.id, &policy);
      if (!added) return std::unexpected(duplicate_id(policy, *at->second));
    }
  index->compiled = compile(index->policies);
  PolicySet out;
  out.index_ = std::move(index);
  return out;
}

std::span<const Policy> PolicySet::policies() const {
  return index_->policies;
}
std::span<const Policy> PolicySet::templates() const {
  return index_->templates;
}
const Policy* PolicySet::find(std::string_view id) const {
  const auto at = index_->by_id.find(id);
  return at == index_->by_id.end() ? nullptr : at->second;
}

const CompiledPolicies& PolicySet::compiled() const {
  return index_->compiled;
}

std::vector<const Policy*> PolicySet::matching(const Request& request, const Entities& entities) const {
  ScopeIndex::Scratch scratch;
  std::vector<const Policy*> out;
  for (const std::uint32_t number : index_->compiled.scopes.matching(request, entities, scratch))
    out.push_back(&index_->policies[number]);
  std::sort(out.begin(), out.end());  // by place, which is their order
  return out;
}

}  // namespace weir::cedar
