#include "cedar/evaluator.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

// Kinds by C++ type, for messages.
template <class T>
constexpr ValueKind kKindOf = ValueKind::boolean;
template <>
constexpr ValueKind kKindOf<std::int64_t> = ValueKind::integer;
template <>
constexpr ValueKind kKindOf<std::string> = ValueKind::string;
template <>
constexpr ValueKind kKindOf<EntityUid> = ValueKind::entity;
template <>
constexpr ValueKind kKindOf<Set> = ValueKind::set;

std::string_view symbol(Op op) {
  switch (op) {
    case Op::and_:
      return "&&";
    case Op::or_:
      return "||";
    case Op::not_:
      return "!";
    case Op::negate:
    case Op::subtract:
      return "-";
    case Op::less:
      return "<";
    case Op::less_equal:
      return "<=";
    case Op::greater:
      return ">";
    case Op::greater_equal:
      return ">=";
    case Op::add:
      return "+";
    case Op::multiply:
      return "*";
    case Op::contains:
      return "contains()";
    case Op::contains_all:
      return "containsAll()";
    case Op::contains_any:
      return "containsAny()";
    case Op::is_empty:
      return "isEmpty()";
    case Op::has_tag:
      return "hasTag()";
    case Op::get_tag:
      return "getTag()";
    case Op::is:
    case Op::is_in:
      return "is";
    default:
      return "the operator";
  }
}

std::string shown(const EntityUid& uid) {
  return printable(uid.text(), 120);
}
std::string shown(std::string_view name) {
  return printable(quoted(name), 80);
}

// `a op b` for things with an order.
template <class T>
bool ordered(Op op, const T& a, const T& b) {
  switch (op) {
    case Op::less:
      return a < b;
    case Op::less_equal:
      return a <= b;
    case Op::greater:
      return a > b;
    default:
      return a >= b;
  }
}

}  // namespace

bool matches(std::string_view text, const std::vector<std::string>& pattern) {
  if (pattern.size() == 1) return text == pattern.front();
  if (!text.starts_with(pattern.front())) return false;
  text.remove_prefix(pattern.front().size());
  // Each inner part at its first place leaves the most text for those behind it.
  for (std::size_t i = 1; i + 1 < pattern.size(); ++i) {
    const auto at = text.find(pattern[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + pattern[i].size());
  }
  return text.ends_with(pattern.back());
}

const Value* Evaluator::boolean(bool value) {
  static const Value kTrue(true), kFalse(false);
  return value ? &kTrue : &kFalse;
}

const Value* Evaluator::make(Value value) {
  return &made_.emplace_back(std::move(value));
}

std::nullptr_t Evaluator::fail(Kind kind, std::string message) {
  error_ = {kind, std::move(message)};
  return nullptr;
}

template <class T>
const T* Evaluator::operand(const Expression& expression, std::string_view user) {
  const Value* value = evaluate(expression);
  if (value == nullptr) return nullptr;
  if (const T* found = value->get_if<T>()) return found;
  return fail(Kind::type,
              fmt::format("{} needs a {}, not a {}", user, name(kKindOf<T>), name(value->kind())));
}

const Value* Evaluator::evaluate(const Expression& expression) {
  if (expression.constant) return &expression.value;
  switch (expression.op) {
    case Op::literal:
      return &expression.value;
    case Op::variable:
      return variable(expression.variable);
    case Op::and_:
    case Op::or_:
      return logical(expression);
    case Op::if_:
      return if_then_else(expression);
    case Op::not_: {
      const bool* value = operand<bool>(expression.args[0], "!");
      return value == nullptr ? nullptr : boolean(!*value);
    }
    case Op::negate:
      return negate(expression);
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return compare(expression);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return arithmetic(expression);
    case Op::in:
      return in(expression);
    case Op::is:
    case Op::is_in:
      return is(expression);
    case Op::like:
      return like(expression);
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::is_empty:
      return set_operation(expression);
    case Op::has_tag:
    case Op::get_tag:
      return tag(expression);
    case Op::attribute:
      return attribute(expression);
    case Op::has:
      return has(expression);
    case Op::set:
      return set(expression);
    case Op::record:
      return record(expression);
    case Op::call:
      return call(expression);
  }
  return nullptr;
}

std::optional<bool> Evaluator::evaluate_bool(const Expression& expression) {
  const bool* value = operand<bool>(expression, "a condition");
  return value == nullptr ? std::nullopt : std::optional(*value);
}

const Value* Evaluator::variable(Variable variable) const {
  switch (variable) {
    case Variable::principal:
      return &request_.principal_value();
    case Variable::action:
      return &request_.action_value();
    case Variable::resource:
      return &request_.resource_value();
    case Variable::context:
      break;
  }
  return &request_.context_value();
}

const Value* Evaluator::logical(const Expression& expression) {
  const bool stops_at = expression.op == Op::or_;
  for (const auto& arg : expression.args) {
    const bool* value = operand<bool>(arg, symbol(expression.op));
    if (value == nullptr) return nullptr;
    if (*value == stops_at) return boolean(stops_at);
  }
  return boolean(!stops_at);
}

const Value* Evaluator::if_then_else(const Expression& expression) {
  const bool* condition = operand<bool>(expression.args[0], "if");
  if (condition == nullptr) return nullptr;
  return evaluate(expression.args[*condition ? 1 : 2]);
}

const Value* Evaluator::negate(const Expression& expression) {
  const auto* value = operand<std::int64_t>(expression.args[0], "-");
  if (value == nullptr) return nullptr;
  std::int64_t result = 0;
  if (__builtin_sub_overflow(std::int64_t{0}, *value, &result))
    return fail(Kind::overflow, fmt::format("-({}) does not fit 64 bits", *value));
  return make(Value(result));
}

const Value* Evaluator::compare(const Expression& expression) {
  const Value* left = evaluate(expression.args[0]);
  if (left == nullptr) return nullptr;
  const Value* right = evaluate(expression.args[1]);
  if (right == nullptr) return nullptr;
  if (expression.op == Op::equal) return boolean(*left == *right);
  if (expression.op == Op::not_equal) return boolean(*left != *right);
  if (left->kind() == right->kind()) {
    if (const auto* a = left->get_if<std::int64_t>())
      return boolean(ordered(expression.op, *a, *right->get_if<std::int64_t>()));
    if (const auto* a = left->get_if<Datetime>())
      return boolean(ordered(expression.op, *a, *right->get_if<Datetime>()));
    if (const auto* a = left->get_if<Duration>())
      return boolean(ordered(expression.op, *a, *right->get_if<Duration>()));
  }
  return fail(Kind::type, fmt::format("{} cannot compare a {} with a {}", symbol(expression.op),
                                      name(left->kind()), name(right->kind())));
}

const Value* Evaluator::arithmetic(const Expression& expression) {
  const std::string_view user = symbol(expression.op);
  const auto* left = operand<std::int64_t>(expression.args[0], user);
  if (left == nullptr) return nullptr;
  const auto* right = operand<std::int64_t>(expression.args[1], user);
  if (right == nullptr) return nullptr;
  std::int64_t result = 0;
  const bool overflow = expression.op == Op::add        ? __builtin_add_overflow(*left, *right, &result)
                        : expression.op == Op::subtract ? __builtin_sub_overflow(*left, *right, &result)
                                                        : __builtin_mul_overflow(*left, *right, &result);
  if (overflow)
    return fail(Kind::overflow, fmt::format("{} {} {} does not fit 64 bits", *left, user, *right));
  return make(Value(result));
}

const Value* Evaluator::in(const Expression& expression) {
  const auto* uid = operand<EntityUid>(expression.args[0], "in");
  if (uid == nullptr) return nullptr;
  const Value* right = evaluate(expression.args[1]);
  return right == nullptr ? nullptr : in(*uid, *right);
}

const Value* Evaluator::in(const EntityUid& uid, const Value& right) {
  if (const auto* ancestor = right.get_if<EntityUid>()) return boolean(entities_.is_in(uid, *ancestor));
  const auto* ancestors = right.get_if<Set>();
  if (ancestors == nullptr)
    return fail(Kind::type, fmt::format("in needs an entity or a set of entities on its right, not a {}",
                                        name(right.kind())));
  bool found = false;
  for (const auto& element : ancestors->elements()) {  // all, since any that is no entity is an error
    const auto* ancestor = element.get_if<EntityUid>();
    if (ancestor == nullptr)
      return fail(Kind::type,
                  fmt::format("in needs a set of entities; the set has a {}", name(element.kind())));
    found = found || entities_.is_in(uid, *ancestor);
  }
  return boolean(found);
}

const Value* Evaluator::is(const Expression& expression) {
  const auto* uid = operand<EntityUid>(expression.args[0], "is");
  if (uid == nullptr) return nullptr;
  if (uid->type() != expression.names.front()) return boolean(false);
  if (expression.op == Op::is) return boolean(true);
  const Value* right = evaluate(expression.args[1]);
  return right == nullptr ? nullptr : in(*uid, *right);
}

const Value* Evaluator::like(const Expression& expression) {
  const auto* text = operand<std::string>(expression.args[0], "like");
  return text == nullptr ? nullptr : boolean(matches(*text, expression.names));
}

const Value* Evaluator::set_operation(const Expression& expression) {
  const std::string_view user = symbol(expression.op);
  // Judged from left to right. Where both sides err, Cedar leaves open which error is reported.
  const auto* left = operand<Set>(expression.args[0], user);
  if (left == nullptr) return nullptr;
  if (expression.op == Op::is_empty) return boolean(left->empty());
  if (expression.op == Op::contains) {
    const Value* element = evaluate(expression.args[1]);
    return element == nullptr ? nullptr : boolean(left->contains(*element));
  }
  const auto* right = operand<Set>(expression.args[1], user);
  if (right == nullptr) return nullptr;
  return boolean(expression.op == Op::contains_all ? left->contains_all(*right) : left->contains_any(*right));
}

const Value* Evaluator::tag(const Expression& expression) {
  const std::string_view user = symbol(expression.op);
  const auto* uid = operand<EntityUid>(expression.args[0], user);
  if (uid == nullptr) return nullptr;
  const auto* tag = operand<std::string>(expression.args[1], user);
  if (tag == nullptr) return nullptr;
  const Entity* entity = entities_.find(*uid);
  const Value* value = entity == nullptr ? nullptr : entity->tags.find(*tag);
  if (expression.op == Op::has_tag) return boolean(value != nullptr);
  if (value != nullptr) return value;
  if (entity == nullptr)
    return fail(Kind::entity_missing, fmt::format("the entity {} does not exist", shown(*uid)));
  return fail(Kind::tag_missing, fmt::format("{} has no tag {}", shown(*uid), shown(*tag)));
}

bool Evaluator::attributes_of(const Value& value, std::string_view user, const Record*& out) {
  out = value.get_if<Record>();
  if (out != nullptr) return true;
  if (const auto* uid = value.get_if<EntityUid>()) {
    const Entity* entity = entities_.find(*uid);
    out = entity == nullptr ? nullptr : &entity->attributes;
    return true;
  }
  fail(Kind::type, fmt::format("{} needs an entity or a record, not a {}", user, name(value.kind())));
  return false;
}

const Value* Evaluator::attribute(const Expression& expression) {
  const Value* base = evaluate(expression.args[0]);
  const Record* attributes = nullptr;
  const std::string& wanted = expression.names.front();
  if (base == nullptr || !attributes_of(*base, "an attribute", attributes)) return nullptr;
  const auto* uid = base->get_if<EntityUid>();
  if (attributes == nullptr)
    return fail(Kind::entity_missing, fmt::format("the entity {} does not exist", shown(*uid)));
  if (const Value* value = attributes->find(wanted)) return value;
  return fail(
      Kind::attribute_missing,
      fmt::format("{} has no attribute {}", uid != nullptr ? shown(*uid) : "the record", shown(wanted)));
}

// `e has a.b` is `e has a && e.a has b`.
const Value* Evaluator::has(const Expression& expression) {
  const Value* value = evaluate(expression.args[0]);
  if (value == nullptr) return nullptr;
  for (const auto& step : expression.names) {
    const Record* attributes = nullptr;
    if (!attributes_of(*value, "has", attributes)) return nullptr;
    value = attributes == nullptr ? nullptr : attributes->find(step);
    if (value == nullptr) return boolean(false);
  }
  return boolean(true);
}

const Value* Evaluator::set(const Expression& expression) {
  std::vector<Value> elements;
  elements.reserve(expression.args.size());
  for (const auto& arg : expression.args) {
    const Value* value = evaluate(arg);
    if (value == nullptr) return nullptr;
    elements.push_back(*value);
  }
  return make(Value(Set(std::move(elements))));
}

const Value* Evaluator::record(const Expression& expression) {
  std::vector<Record::Field> fields;
  fields.reserve(expression.args.size());
  for (std::size_t i = 0; i < expression.args.size(); ++i) {
    const Value* value = evaluate(expression.args[i]);
    if (value == nullptr) return nullptr;
    fields.emplace_back(expression.names[i], *value);
  }
  return make(Value(Record(std::move(fields))));
}

const Value* Evaluator::call(const Expression& expression) {
  std::vector<const Value*> arguments;
  arguments.reserve(expression.args.size());
  for (const auto& arg : expression.args) {
    const Value* value = evaluate(arg);
    if (value == nullptr) return nullptr;
    arguments.push_back(value);
  }
  auto result = cedar::call(expression.function, arguments);
  if (!result) return fail(result.error().kind, std::move(result.error().message));
  return make(*std::move(result));
}

}  // namespace weir::cedar
