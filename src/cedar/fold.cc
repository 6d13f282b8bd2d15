// fold_constants(): what a policy computes the same way for every request is computed when it is read.
#include <algorithm>

#include "cedar/expression.h"

namespace weir::cedar {
namespace {

// The value of a constant argument. A literal keeps its own (the tree is still printed and translated); the
// value of a folded node moves up, so that nested sets are held once.
Value take_value(Expression& arg) {
  if (arg.op == Op::literal) return arg.value;
  arg.constant = false;
  return std::exchange(arg.value, Value());
}

bool fold_call(Expression& expression) {
  std::vector<const Value*> arguments;
  for (const auto& arg : expression.args)
    arguments.push_back(&arg.value);
  auto value = call(expression.function, arguments);
  if (!value) return false;
  expression.value = *std::move(value);
  return true;
}

void fold_set(Expression& expression) {
  std::vector<Value> elements;
  elements.reserve(expression.args.size());
  for (auto& arg : expression.args)
    elements.push_back(take_value(arg));
  expression.value = Value(Set(std::move(elements)));
}

void fold_record(Expression& expression) {
  std::vector<Record::Field> fields;
  fields.reserve(expression.args.size());
  for (std::size_t i = 0; i < expression.args.size(); ++i)
    fields.emplace_back(expression.names[i], take_value(expression.args[i]));
  expression.value = Value(Record(std::move(fields)));
}

}  // namespace

void fold_constants(Expression& expression) {
  for (auto& arg : expression.args)
    fold_constants(arg);
  const auto constant = [](const Expression& arg) { return arg.constant; };
  if (!std::all_of(expression.args.begin(), expression.args.end(), constant)) return;
  switch (expression.op) {
    case Op::set:
      fold_set(expression);
      break;
    case Op::record:
      fold_record(expression);
      break;
    case Op::call:
      if (!fold_call(expression)) return;
      break;
    default:
      return;
  }
  expression.constant = true;
}

}  // namespace weir::cedar
