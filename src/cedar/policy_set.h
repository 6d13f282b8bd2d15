// Many policies, read once, then immutable, shared and indexed by scope.
//
//   TRY(PolicySet policies, PolicySet::parse(text, "team.cedar"));
//   const Policy* policy = policies.find("no-secrets");
//   if (const std::string* verdict = policy->annotation("decision")) ...
//
// Copies share the same policies, so pointers to them stay good while any copy lives. A policy's id is its
// @id, else policy0, policy1, ... by its place in the texts (policies with an @id are counted too). Templates
// are kept apart: they are linked, not authorised.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/entities.h"
#include "cedar/policy.h"
#include "cedar/request.h"

namespace weir::cedar {

struct CompiledPolicies;

struct PolicySource {
  std::string name;  // a file name, for messages; may be empty
  std::string text;
};

class PolicySet {
 public:
  PolicySet();  // empty: denies everything

  // Errors: the first mistake, at "name:line:column"; two policies with one id; limits.
  static Result<PolicySet> parse(std::string_view text, std::string_view name = {});
  static Result<PolicySet> parse(std::span<const PolicySource> sources);
  // From policies that have their ids already.
  static Result<PolicySet> make(std::vector<Policy> policies);

  std::span<const Policy> policies() const;  // without templates, in order
  std::span<const Policy> templates() const;
  const Policy* find(std::string_view id) const;  // among both; nullptr when absent

  // The policies whose scope matches, in order. Only these can be satisfied, and only these can err.
  std::vector<const Policy*> matching(const Request& request, const Entities& entities) const;

  // What authorize() runs; made when the set is made.
  const CompiledPolicies& compiled() const;

 private:
  struct Index;
  std::shared_ptr<const Index> index_;
};

// Whether a scope admits an entity. Never true for a slot.
bool admits(const Scope& scope, const EntityUid& uid, const Entities& entities);

}  // namespace weir::cedar
