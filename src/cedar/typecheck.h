// The types of a condition in one request environment, with everything that could go wrong there.
//
//   TRY(Expression condition, core_condition(policy));
//   Hierarchy hierarchy(schema);
//   Typing typing = typecheck(condition, schema, hierarchy, environment);
//   if (typing.succeeded && !typing.always_false) encode(typing.typed);
//
// The rules are those of Cedar's strict validator (Cedar.Validation.Typechecker in cedar-policy/cedar-spec):
// an optional attribute or tag may be read only where `has` or `hasTag` is known to hold (a "capability"),
// and what cannot be reached is not looked at.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/schema.h"
#include "cedar/typecheck_core.h"
#include "cedar/validate.h"

namespace weir::cedar {

// Who can be in whom, closed once for many questions. The schema must outlive it. Beyond kCedarAncestorsMax
// links the answers are the same but slower.
class Hierarchy {
 public:
  explicit Hierarchy(const Schema& schema);

  // As Schema::type_may_be_in() and Schema::action_is_in().
  bool type_may_be_in(std::string_view type, std::string_view ancestor) const;
  bool action_is_in(const EntityUid& action, const EntityUid& ancestor) const;
  // Whether some action of type `type` is in one of type `ancestor`.
  bool action_type_may_be_in(std::string_view type, std::string_view ancestor) const;
  // The entity types that can be in `ancestor`, itself included, sorted.
  std::vector<std::string_view> types_in(std::string_view ancestor) const;

 private:
  const Schema& schema_;
  bool complete_ = true;  // false: what follows was cut short
  std::map<std::string_view, std::set<std::string_view>> types_above_;
  std::map<const EntityUid*, std::set<const EntityUid*>> actions_above_;  // both are keys of the schema
  std::set<std::pair<std::string_view, std::string_view>> action_types_above_;
};

// A node of the condition with its type. Operands that cannot be reached are left out: `false && x` is
// `false`, and an `if` whose test is known has only the branch that is taken beside the test.
struct TypedExpression {
  const Expression* expression = nullptr;  // in the condition that was checked
  SchemaTypePtr type;                      // nullptr when there is a mistake in it; booleans may be `known`
  std::vector<TypedExpression> args;
};

struct Typing {
  bool succeeded = false;  // no mistake found (a name unknown to the schema counts, but is not in `errors`)
  bool always_false = false;       // the condition holds for no request of the environment
  std::vector<Diagnostic> errors;  // without the id of the policy
  TypedExpression typed;
};

// `condition` must be in core form and outlive the result.
Typing typecheck(const Expression& condition, const Schema& schema, const Hierarchy& hierarchy,
                 const RequestEnvironment& environment);

// The word of `known` that is least different from `word` (Levenshtein); "" when there is none.
std::string closest_name(std::string_view word, const std::vector<std::string>& known);

}  // namespace weir::cedar
