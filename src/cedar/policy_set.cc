#include "cedar/policy_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/parser.h"

namespace weir::cedar {
namespace {

// What a policy demands of a request before its scope is looked at in full: an action that the request's
// action is or is below, the type of its resource, the type of its principal. 0 stands for "any".
struct Demand {
  std::uint64_t action = 0;
  std::uint64_t resource_type = 0;
  std::uint64_t principal_type = 0;
};

// Demands by hash. Two that collide share a bucket, which costs time but no correctness: every candidate's
// scope is checked.
std::uint64_t key_of(const Demand& demand) {
  std::uint64_t key = demand.action * 0x9e3779b97f4a7c15;
  key = (key ^ (key >> 31) ^ demand.resource_type) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 30) ^ demand.principal_type) * 0x94d049bb133111eb;
  return key ^ (key >> 29);
}

// The one type that a scope admits, as a hash; 0 when it admits several.
std::uint64_t demanded_type(const Scope& scope) {
  switch (scope.kind) {
    case Scope::Kind::equal:
      return scope.entities.front().type_hash();
    case Scope::Kind::is:
    case Scope::Kind::is_in:
      return hash_of_type(scope.entity_type);
    default:
      return 0;
  }
}

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
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_demand;

  void add_demands(std::uint32_t number) {
    const Policy& policy = policies[number];
    Demand demand{0, demanded_type(policy.resource), demanded_type(policy.principal)};
    if (policy.action.kind == Scope::Kind::any) {
      by_demand[key_of(demand)].push_back(number);
      return;
    }
    for (const auto& action : policy.action.entities) {
      demand.action = action.hash();
      auto& bucket = by_demand[key_of(demand)];
      if (bucket.empty() || bucket.back() != number) bucket.push_back(number);
    }
  }

  void collect(const Demand& demand, std::vector<std::uint32_t>& out) const {
    const auto at = by_demand.find(key_of(demand));
    if (at != by_demand.end()) out.insert(out.end(), at->second.begin(), at->second.end());
  }
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
  for (std::uint32_t number = 0; number < index->policies.size(); ++number)
    index->add_demands(number);
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

std::vector<const Policy*> PolicySet::matching(const Request& request, const Entities& entities) const {
  std::vector<std::uint64_t> actions{0, request.action().hash()};
  for (const EntityUid* ancestor : entities.ancestors(request.action()))
    actions.push_back(ancestor->hash());
  std::vector<std::uint32_t> numbers;
  for (const std::uint64_t action : actions)
    for (const std::uint64_t resource_type : {std::uint64_t{0}, request.resource().type_hash()})
      for (const std::uint64_t principal_type : {std::uint64_t{0}, request.principal().type_hash()})
        index_->collect({action, resource_type, principal_type}, numbers);
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<const Policy*> out;
  out.reserve(numbers.size());
  for (const std::uint32_t number : numbers) {
    const Policy& policy = index_->policies[number];
    if (admits(policy.action, request.action(), entities) &&
        admits(policy.resource, request.resource(), entities) &&
        admits(policy.principal, request.principal(), entities))
      out.push_back(&policy);
  }
  return out;
}

}  // namespace weir::cedar
