// One expression to one value, exactly as the Lean definition Cedar.Spec.Evaluator has it.
//
//   Evaluator evaluator(request, entities);
//   if (const Value* value = evaluator.evaluate(expression)) ... else report(evaluator.error());
//
// Values are borrowed where they stand (policy, request, store) and only new ones are made; those live until
// reset() or the evaluator's end. One evaluator serves many expressions of one request, one thread at a time.
#pragma once

#include <deque>
#include <optional>

#include "cedar/entities.h"
#include "cedar/expression.h"
#include "cedar/request.h"

namespace weir::cedar {

class Evaluator {
 public:
  // Both must outlive the evaluator.
  Evaluator(const Request& request, const Entities& entities) : request_(request), entities_(entities) {}

  // nullptr: there is no value, error() says why.
  const Value* evaluate(const Expression& expression);
  // The same where a boolean is needed, as by `when`.
  std::optional<bool> evaluate_bool(const Expression& expression);
  const EvaluationError& error() const { return error_; }

  // Drops the values made so far.
  void reset() { made_.clear(); }

 private:
  using Kind = EvaluationError::Kind;

  const Value* variable(Variable variable) const;
  const Value* logical(const Expression& expression);
  const Value* if_then_else(const Expression& expression);
  const Value* negate(const Expression& expression);
  const Value* compare(const Expression& expression);
  const Value* arithmetic(const Expression& expression);
  const Value* in(const Expression& expression);
  const Value* in(const EntityUid& uid, const Value& right);
  const Value* is(const Expression& expression);
  const Value* like(const Expression& expression);
  const Value* set_operation(const Expression& expression);
  const Value* tag(const Expression& expression);
  const Value* attribute(const Expression& expression);
  const Value* has(const Expression& expression);
  const Value* set(const Expression& expression);
  const Value* record(const Expression& expression);
  const Value* call(const Expression& expression);

  // The operand as an alternative of Value; nullptr with a type error that names the operator.
  template <class T>
  const T* operand(const Expression& expression, std::string_view user);

  // The attributes of a record or entity. False: an error stands; true with nullptr: no such entity.
  bool attributes_of(const Value& value, std::string_view user, const Record*& out);

  const Value* make(Value value);
  static const Value* boolean(bool value);
  std::nullptr_t fail(Kind kind, std::string message);

  const Request& request_;
  const Entities& entities_;
  std::deque<Value> made_;  // stable addresses
  EvaluationError error_;
};

// Whether a text matches the pattern of `like`, cut at its wildcards as unescape_pattern() does.
bool matches(std::string_view text, const std::vector<std::string>& pattern);

}  // namespace weir::cedar
