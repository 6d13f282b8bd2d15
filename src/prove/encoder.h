// Conditions of Cedar as terms, in one request environment of a schema.
//
//   TRY(Encoder encoder, Encoder::make(sorts, environment));
//   TRY(Condition condition, encoder.policy(policy));
//   Term question = terms.all({condition.holds, terms.negate(other.holds)});
//   for (Term axiom : encoder.axioms({question})) ...          // ask question and axioms together
//
// Exact, as Cedar.SymCC in cedar-policy/cedar-spec: an expression is a value and the condition under which it
// has one; attributes, tags and ancestors are uninterpreted functions of entities; `like` is a regular
// expression; arithmetic has 64 bits. The store is assumed to agree with the schema and to hold every entity
// that is asked for an attribute. What cannot be encoded is an error ("not supported"), never dropped.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cedar/policy.h"
#include "cedar/schema.h"
#include "prove/symbolic.h"

namespace weir::prove {

struct Condition {
  Term holds;  // it is satisfied: true without an error
  Term errs;   // it has no value; never together with `holds`
};

// Functions of entities that are no attributes; an attribute's name never has a '!' (smt_name()).
inline constexpr const char* kTagKeys = "tags!";
inline constexpr const char* kTagValue = "tag!";

class Encoder {
 public:
  // `verbatim` as of Terms.
  static Result<std::unique_ptr<Encoder>> make(const Sorts& sorts,
                                               const cedar::RequestEnvironment& environment,
                                               bool verbatim = false);
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // Scope and conditions together. Remembered by the policy's address.
  Result<Condition> policy(const cedar::Policy& policy);
  // The scope alone.
  Result<Term> scope_of(const cedar::Policy& policy);
  // A boolean expression.
  Result<Condition> condition(const cedar::Expression& expression);

  // What every store keeps of its hierarchy, for the entities that the assertions mention: nothing is above
  // itself, and what is above an ancestor is above (Cedar.SymCC.Enforcer).
  std::vector<Term> axioms(const std::vector<Term>& assertions);
  // Every term below the assertions, each once.
  std::vector<Term> reachable(const std::vector<Term>& assertions) const;
  // The entity terms that assertions mention.
  std::vector<Term> footprint(const std::vector<Term>& assertions) const;

  Terms& terms() { return terms_; }
  const Sorts& sorts() const { return sorts_; }
  const cedar::RequestEnvironment& environment() const { return environment_; }
  Term principal() const { return principal_.term; }
  Term resource() const { return resource_.term; }
  // A value and the condition under which there is one.
  struct Outcome {
    Symbolic value;
    Term defined;
  };

 private:
  Encoder(const Sorts& sorts, const cedar::RequestEnvironment& environment, bool verbatim)
      : sorts_(sorts), environment_(environment), terms_(verbatim) {}

  Result<Condition> compile_policy(const cedar::Policy& policy);
  Result<Term> scope(const cedar::Scope& scope, const Symbolic& entity);

  Result<Outcome> compile(const cedar::Expression& expression);
  Result<Outcome> boolean(const cedar::Expression& expression);
  Result<Outcome> operand(const cedar::Expression& expression, Sort::Kind kind);
  Result<Outcome> literal(const cedar::Value& value);
  Result<Outcome> entity(const cedar::EntityUid& uid);
  Result<Outcome> variable(cedar::Variable variable) const;
  Result<Outcome> logical(const cedar::Expression& expression);
  Result<Outcome> if_then_else(const cedar::Expression& expression);
  Result<Outcome> compare(const cedar::Expression& expression);
  Result<Outcome> arithmetic(const cedar::Expression& expression);
  Result<Outcome> in(const cedar::Expression& expression, bool with_type);
  Result<Outcome> set_operation(const cedar::Expression& expression);
  Result<Outcome> tag(const cedar::Expression& expression);
  Result<Outcome> attribute(const cedar::Expression& expression);
  Result<Outcome> has(const cedar::Expression& expression);
  Result<Outcome> like(const cedar::Expression& expression);
  Result<Outcome> set(const cedar::Expression& expression);
  Result<Outcome> record(const cedar::Expression& expression);
  Result<Outcome> call(const cedar::Expression& expression);  // encoder_extension.cc
  Result<Outcome> construct(const cedar::Expression& expression);
  Result<Outcome> call_time(cedar::ExtensionFunction function, const std::vector<Outcome>& args);
  Term call_address(cedar::ExtensionFunction function, const std::vector<Outcome>& args);
  Outcome call_duration(cedar::ExtensionFunction function, const Outcome& length);

  Result<Term> is_in(const Symbolic& entity, const Symbolic& right);
  Term is_in_entity(const Symbolic& entity, const Symbolic& ancestor);
  // An attribute of an entity or a record; nullopt when its type does not declare it.
  Result<std::optional<Symbolic::Field>> find(const Symbolic& base, const std::string& attribute);

  Outcome certain(Term term) { return {symbolic(terms_, term), terms_.boolean(true)}; }
  Status check_size() const;

  const Sorts& sorts_;
  cedar::RequestEnvironment environment_;
  Terms terms_;
  Symbolic principal_;
  Symbolic action_;
  Symbolic resource_;
  Symbolic context_;
  std::map<const cedar::Policy*, Result<Condition>> policies_;
};

}  // namespace weir::prove
