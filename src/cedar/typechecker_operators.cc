// Comparisons, arithmetic, membership, sets, tags and extension functions.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "cedar/policy_text.h"
#include "cedar/text.h"
#include "cedar/typechecker.h"

namespace weir::cedar {
namespace {

using Kind = SchemaType::Kind;

constexpr unsigned bit(Kind kind) {
  return 1u << static_cast<unsigned>(kind);
}
constexpr const char* kAnyEntity = "__cedar::internal::AnyEntity";
constexpr const char* kAnySet = "Set<__cedar::internal::Any>";
constexpr std::string_view kTryLike = "try using `like` to examine the contents of a string";
constexpr std::string_view kTryContains =
    "try using `contains`, `containsAny`, or `containsAll` to examine the contents of a set";
constexpr std::string_view kNoSetOperations =
    "Cedar does not support computing the union, intersection, or difference of sets";

std::string_view help_plus(const SchemaType& actual) {
  if (actual.kind == Kind::string) return "Cedar does not support string concatenation";
  return actual.kind == Kind::set ? kNoSetOperations : "";
}
std::string_view help_minus(const SchemaType& actual) {
  return actual.kind == Kind::set ? kNoSetOperations : "";
}
std::string_view help_in_left(const SchemaType&) {
  return kTryContains;
}
std::string_view help_in_right(const SchemaType& actual) {
  if (actual.kind == Kind::set) return kTryContains;
  return actual.kind == Kind::string ? kTryLike : "";
}
std::string_view help_contains(const SchemaType& actual) {
  if (actual.kind == Kind::entity) return "try using `in` for entity hierarchy membership";
  if (actual.kind == Kind::record) return "try using `has` to test for an attribute";
  return actual.kind == Kind::string ? kTryLike : "";
}
std::string_view help_contains_right(const SchemaType&) {
  return "try using `contains` to test if a single element is in a set";
}
std::string_view help_empty(const SchemaType& actual) {
  return actual.kind == Kind::string ? "try using `== \"\"` to test if a string is empty" : "";
}

bool is_action_type(std::string_view type) {
  return base_name(type) == "Action";
}

// Only these have an order.
bool comparable(const SchemaType& type) {
  return type.kind == Kind::integer ||
         (type.kind == Kind::extension && (type.name == "datetime" || type.name == "duration"));
}

std::string tag_text(const Expression& e) {
  const auto text = expression_text(e);
  return text ? printable(*text, 300) : "..";
}

// What a function takes and gives.
struct Signature {
  const char* argument;  // an extension type, or "String"
  const char* second;    // nullptr: takes one argument
  const char* result;    // an extension type, "Bool" or "Long"
};

Signature types_of(ExtensionFunction function) {
  using enum ExtensionFunction;
  switch (function) {
    case decimal:
      return {"String", nullptr, "decimal"};
    case ip:
      return {"String", nullptr, "ipaddr"};
    case datetime:
      return {"String", nullptr, "datetime"};
    case duration:
      return {"String", nullptr, "duration"};
    case less_than:
    case less_than_or_equal:
    case greater_than:
    case greater_than_or_equal:
      return {"decimal", "decimal", "Bool"};
    case is_ipv4:
    case is_ipv6:
    case is_loopback:
    case is_multicast:
      return {"ipaddr", nullptr, "Bool"};
    case is_in_range:
      return {"ipaddr", "ipaddr", "Bool"};
    case offset:
      return {"datetime", "duration", "datetime"};
    case duration_since:
      return {"datetime", "datetime", "duration"};
    case to_date:
      return {"datetime", nullptr, "datetime"};
    case to_time:
      return {"datetime", nullptr, "duration"};
    case to_milliseconds:
    case to_seconds:
    case to_minutes:
    case to_hours:
    case to_days:
      return {"duration", nullptr, "Long"};
  }
  return {};
}

// What a constructor's text should have been.
struct ConstructorWords {
  const char* noun;
  const char* help;
};
ConstructorWords words_of(ExtensionFunction function) {
  switch (function) {
    case ExtensionFunction::decimal:
      return {"a decimal value", "a decimal has one to four digits after its point, as in \"12.34\""};
    case ExtensionFunction::ip:
      return {"IP address",
              "write an IPv4 or IPv6 address, with or without a prefix length, as in \"10.0.0.0/8\""};
    case ExtensionFunction::datetime:
      return {"a datetime value",
              "write a date or a point in time, as in \"2026-01-31\" or \"2026-01-31T09:30:00Z\""};
    default:
      return {"a duration value",
              "write units from days to milliseconds in that order, as in \"1d2h3m4s5ms\""};
  }
}

}  // namespace

Typechecker::Answer Typechecker::arithmetic(const Expression& e, const Capabilities& prior) {
  Help help = nullptr;
  if (e.op != Op::negate) help = e.op == Op::add ? help_plus : help_minus;
  std::vector<Answer> operands;
  for (const auto& arg : e.args)
    operands.push_back(expect(arg, prior, {bit(Kind::integer), "Long"}, help));
  return over(e, long_, std::move(operands));
}

const EntityUid* Typechecker::entity_in(const Expression& e) const {
  if (e.op == Op::variable && e.variable == Variable::action) return &environment_.action;
  return e.op == Op::literal ? e.value.get_if<EntityUid>() : nullptr;
}

// Entities of different types are never equal; of two literals it is known.
SchemaTypePtr Typechecker::type_of_equality(const Expression& a, const SchemaTypePtr& a_type,
                                            const Expression& b, const SchemaTypePtr& b_type) const {
  if (a_type != nullptr && b_type != nullptr && a_type->kind == Kind::entity &&
      b_type->kind == Kind::entity && a_type->name != b_type->name)
    return false_;
  const EntityUid *a_entity = entity_in(a), *b_entity = entity_in(b);
  const bool a_literal = a_entity != nullptr || a.op == Op::literal;
  const bool b_literal = b_entity != nullptr || b.op == Op::literal;
  if (!a_literal || !b_literal) return bool_;
  if (a_entity != nullptr && b_entity != nullptr) return *a_entity == *b_entity ? true_ : false_;
  if (a_entity != nullptr || b_entity != nullptr) return false_;
  return a.value == b.value ? true_ : false_;
}

bool Typechecker::compatible(const Expression& e, const SchemaTypePtr& a, const SchemaTypePtr& b,
                             std::string_view users) {
  return a == nullptr || b == nullptr || bound_of(e, {a, b}, users) != nullptr;
}

// nullptr when there is none, which is an error unless a type is missing already.
SchemaTypePtr Typechecker::bound_of(const Expression& e, const std::vector<SchemaTypePtr>& types,
                                    std::string_view users) {
  SchemaTypePtr out;
  for (const auto& type : types)
    if (type == nullptr) return nullptr;
  for (const auto& type : types) {
    auto bound = out == nullptr ? type : least_upper_bound(out, type);
    if (bound) {
      out = *std::move(bound);
      continue;
    }
    std::vector<SchemaTypePtr> distinct = types;
    std::sort(distinct.begin(), distinct.end(),
              [](const auto& a, const auto& b) { return compare(*a, *b) < 0; });
    distinct.erase(std::unique(distinct.begin(), distinct.end(),
                               [](const auto& a, const auto& b) { return compare(*a, *b) == 0; }),
                   distinct.end());
    std::string list;
    for (std::size_t i = 0; i < distinct.size(); ++i) {
      const bool last = i + 1 == distinct.size();
      if (i > 0) list += last ? (distinct.size() == 2 ? " and " : ", and ") : ", ";
      list += type_text(*distinct[i]);
    }
    error(e, fmt::format("the types {} are not compatible", list),
          fmt::format("{} must have compatible types. {}", users, bound.error()));
    return nullptr;
  }
  return out;
}

Typechecker::Answer Typechecker::equality(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> operands;
  operands.push_back(check(e.args[0], prior));
  operands.push_back(check(e.args[1], prior));
  const SchemaTypePtr a = operands[0].type, b = operands[1].type;
  const SchemaTypePtr type = type_of_equality(e.args[0], a, e.args[1], b);
  bool ok = true;
  if (!type->known) ok = compatible(e, a, b, "both operands to a `==` expression");
  Answer out = over(e, type, std::move(operands));
  out.ok = out.ok && ok;
  return out;
}

Typechecker::Answer Typechecker::comparison(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> operands;
  operands.push_back(check(e.args[0], prior));
  operands.push_back(check(e.args[1], prior));
  const SchemaTypePtr a = operands[0].type, b = operands[1].type;
  bool ok = false;
  const auto refuse = [&](std::size_t index, const std::string& expected) {
    error(e.args[index],
          fmt::format("unexpected type: expected {} but saw {}", expected, type_text(*operands[index].type)));
  };
  if (a != nullptr && b != nullptr) {
    if (comparable(*a) && compare(*a, *b) == 0) {
      ok = true;
    } else if (a->kind == Kind::integer || (comparable(*a) && b->kind != Kind::integer)) {
      refuse(1, type_text(*a));
    } else if (comparable(*b)) {
      refuse(0, type_text(*b));
    } else {
      refuse(0, "datetime, or duration, or Long");
      refuse(1, "datetime, or duration, or Long");
    }
  }
  Answer out = over(e, bool_, std::move(operands));
  out.ok = out.ok && ok;
  return out;
}

SchemaTypePtr Typechecker::type_of_in(const Expression& e, const SchemaTypePtr& left,
                                      const SchemaTypePtr& right, bool& ok) const {
  const EntityUid* entity = entity_in(e.args[0]);
  if (entity != nullptr && is_action_type(entity->type())) {
    std::vector<const EntityUid*> groups;
    const Expression& target = e.args[1];
    if (const EntityUid* group = entity_in(target))
      groups.push_back(group);
    else if (target.op == Op::set)
      for (const auto& arg : target.args)
        groups.push_back(entity_in(arg));
    const bool all_literal = (!groups.empty() || target.op == Op::set) &&
                             std::find(groups.begin(), groups.end(), nullptr) == groups.end();
    if (all_literal) {
      std::erase_if(groups, [](const EntityUid* group) { return !is_action_type(group->type()); });
      for (const EntityUid* group : groups)
        ok = ok && schema_.action(*group) != nullptr;
      const bool inside = std::any_of(groups.begin(), groups.end(), [&](const EntityUid* group) {
        return hierarchy_.action_is_in(*entity, *group);
      });
      return inside ? true_ : false_;
    }
  }
  const SchemaType& ancestor = right->kind == Kind::set ? *right->element : *right;
  const bool possible = hierarchy_.type_may_be_in(left->name, ancestor.name) ||
                        hierarchy_.action_type_may_be_in(left->name, ancestor.name);
  return possible ? bool_ : false_;
}

Typechecker::Answer Typechecker::in(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> operands;
  operands.push_back(expect(e.args[0], prior, {bit(Kind::entity), kAnyEntity}, help_in_left));
  Expected target{bit(Kind::entity) | bit(Kind::set),
                  "Set<__cedar::internal::AnyEntity>, or __cedar::internal::AnyEntity"};
  target.entities_only = true;
  operands.push_back(expect(e.args[1], prior, target, help_in_right));
  const SchemaTypePtr left = operands[0].type, right = operands[1].type;
  bool ok = operands[0].ok && operands[1].ok;
  const SchemaTypePtr type = ok ? type_of_in(e, left, right, ok) : bool_;
  Answer out = over(e, type, std::move(operands));
  out.ok = ok;
  return out;
}

Typechecker::Answer Typechecker::set_operation(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> operands;
  const Expected any_set{bit(Kind::set), kAnySet};
  operands.push_back(expect(e.args[0], prior, any_set, e.op == Op::is_empty ? help_empty : help_contains));
  bool ok = true;
  if (e.op == Op::contains) {
    operands.push_back(check(e.args[1], prior));
    const SchemaTypePtr left = operands[0].type;
    ok = compatible(e, left == nullptr ? nullptr : left->element, operands[1].type,
                    "elements of the first operand and the second operand to a `contains` expression");
  } else if (e.op != Op::is_empty) {
    operands.push_back(expect(e.args[1], prior, any_set, help_contains_right));
    ok = compatible(e, operands[0].type, operands[1].type,
                    "elements of both set operands to a `containsAll` or `containsAny` expression");
  }
  Answer out = over(e, bool_, std::move(operands));
  out.ok = out.ok && ok;
  return out;
}

// False when the type has no tags.
bool Typechecker::tags_of(const SchemaTypePtr& type, SchemaTypePtr& tags) const {
  const EntityDeclaration* declared = schema_.entity_type(type->name);
  if (declared != nullptr) tags = declared->tags;
  return tags != nullptr;
}

Typechecker::Answer Typechecker::has_tag(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> operands;
  operands.push_back(expect(e.args[0], prior, {bit(Kind::entity), kAnyEntity}));
  operands.push_back(expect(e.args[1], prior, {bit(Kind::string), "String"}));
  const Capability capability{&e.args[0], nullptr, &e.args[1]};
  SchemaTypePtr type, tags;
  if (const SchemaTypePtr entity = operands[0].type; entity != nullptr) {
    type = bool_;
    if (!tags_of(entity, tags))
      type = false_;
    else if (contains(prior, capability))
      type = true_;
  }
  Answer out = over(e, type, std::move(operands));
  if (out.ok) out.capabilities.push_back(capability);
  return out;
}

Typechecker::Answer Typechecker::get_tag(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> operands;
  operands.push_back(expect(e.args[0], prior, {bit(Kind::entity), kAnyEntity}));
  operands.push_back(expect(e.args[1], prior, {bit(Kind::string), "String"}));
  SchemaTypePtr tags;
  if (const SchemaTypePtr entity = operands[0].type; entity != nullptr) {
    if (!contains(prior, {&e.args[0], nullptr, &e.args[1]})) {
      error(e,
            fmt::format("unable to guarantee safety of access to tag `{}` on entity type `{}`",
                        tag_text(e.args[1]), entity->name),
            fmt::format("try testing for the tag's presence with `.hasTag({}) && ..`", tag_text(e.args[1])));
    } else if (!tags_of(entity, tags)) {
      error(e, fmt::format(
                   "`.getTag()` is not allowed on entities of type `{}` because no `tags` were declared on "
                   "the entity type in the schema",
                   entity->name));
    }
  }
  Answer out = over(e, tags, std::move(operands));
  out.ok = out.ok && tags != nullptr;
  return out;
}

// Number of arguments, and of constructors that the text is a literal that can be read.
bool Typechecker::arguments_fit(const Expression& e) {
  const std::size_t wanted = types_of(e.function).second == nullptr ? 1 : 2;
  bool ok = true;
  if (e.args.size() != wanted) {
    error(e, fmt::format("wrong number of arguments in extension function application. Expected {}, got {}",
                         wanted, e.args.size()));
    ok = false;
  }
  if (!is_constructor(e.function)) return ok;
  if (e.args.size() == 1 && e.args[0].op == Op::literal && e.args[0].value.kind() == ValueKind::string) {
    const Value* argument = &e.args[0].value;
    if (!weir::cedar::call(e.function, {&argument, 1})) {
      const ConstructorWords words = words_of(e.function);
      error(e,
            fmt::format("error during extension function argument validation: failed to parse as {}: `{}`",
                        words.noun, printable(argument->text(), 200)),
            words.help);
      ok = false;
    }
  }
  if (std::any_of(e.args.begin(), e.args.end(),
                  [](const Expression& arg) { return arg.op != Op::literal; })) {
    error(e, "extension constructors may not be called with non-literal expressions",
          "consider applying extension constructors inside attribute values when constructing entity or "
          "context "
          "data");
    ok = false;
  }
  return ok;
}

Typechecker::Answer Typechecker::call(const Expression& e, const Capabilities& prior) {
  const Signature signature = types_of(e.function);
  const bool fit = arguments_fit(e);
  std::vector<Answer> arguments;
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    if (!fit) {
      arguments.push_back(check(e.args[i], prior));
      continue;
    }
    const char* wanted = i == 0 ? signature.argument : signature.second;
    Expected expected{bit(Kind::extension), wanted, wanted};
    if (std::string_view(wanted) == "String") expected = {bit(Kind::string), "String"};
    arguments.push_back(expect(e.args[i], prior, expected));
  }
  SchemaTypePtr type;
  const std::string_view result = signature.result;
  if (result == "Bool")
    type = bool_;
  else if (result == "Long")
    type = long_;
  else
    type = extension_type_of(std::string(result));
  Answer out = over(e, std::move(type), std::move(arguments));
  out.ok = out.ok && fit;
  return out;
}

}  // namespace weir::cedar
