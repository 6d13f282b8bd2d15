// Strict validation: whether policies can go wrong with requests and entities that agree with a schema.
//
//   const ValidationResult result = validate(policies, schema);
//   for (const Diagnostic& error : result.errors) print(error.policy, error.message, error.help);
//
// What is checked is what Cedar's own validator checks ("Policy validation", docs.cedarpolicy.com; the
// definition is Cedar.Validation.Typechecker in cedar-policy/cedar-spec): names that the schema does not
// declare, scopes that no action applies to, and the types of all conditions in every request environment,
// with `has` and `hasTag` as the only keys to optional attributes and tags. All mistakes are reported, not
// only the first. A policy without errors never errs on valid input but for overflow, extension functions and
// entities that are not in the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "cedar/source.h"

namespace weir::cedar {

struct Diagnostic {
  std::string policy;   // its id
  std::string message;  // one clause, in Cedar's words
  std::string help;     // how to mend it; may be empty
  Span span;            // in the text that the policy came from
  bool operator==(const Diagnostic&) const = default;
};

struct ValidationResult {
  std::vector<Diagnostic> errors;    // in the order of the policies
  std::vector<Diagnostic> warnings;  // valid, but hardly meant so: a policy that never applies
  bool valid() const { return errors.empty(); }
};

struct ValidationOptions {
  std::optional<std::uint32_t> level;  // also check that policies stay within this level, see level.h
};

// Policies and templates; a template is checked for every type that its slots may be linked to.
ValidationResult validate(const PolicySet& policies, const Schema& schema,
                          const ValidationOptions& options = {});

}  // namespace weir::cedar
