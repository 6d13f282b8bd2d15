// Variables, literals, logic, attributes, sets and records.
#include "cedar/typechecker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

using Kind = SchemaType::Kind;

constexpr unsigned bit(Kind kind) {
  return 1u << static_cast<unsigned>(kind);
}

std::string_view help_has(const SchemaType& actual) {
  if (actual.kind == Kind::set)
    return "try using `contains`, `containsAny`, or `containsAll` to examine the contents of a set";
  if (actual.kind == Kind::string) return "try using `like` to examine the contents of a string";
  return {};
}
std::string_view help_like(const SchemaType& actual) {
  return actual.kind == Kind::entity ? "try using `is` to test for an entity type" : "";
}
std::string_view help_is(const SchemaType&) {
  return "Cedar only supports run time type tests for entities";
}

// `a.b`, or `a["b c"]` where an attribute is no identifier; outermost first.
std::string path_text(const std::vector<const std::string*>& inner_first, bool leading_dot) {
  std::string out;
  for (auto at = inner_first.rbegin(); at != inner_first.rend(); ++at) {
    if (!is_identifier(**at) || is_reserved(**at))
      out += fmt::format("[{}]", quoted(**at));
    else
      out += (leading_dot || at != inner_first.rbegin() ? "." : "") + **at;
  }
  return out;
}

}  // namespace

bool Capability::operator==(const Capability& other) const {
  if ((attribute == nullptr) != (other.attribute == nullptr)) return false;
  if (attribute != nullptr ? *attribute != *other.attribute : !same_shape(*tag, *other.tag)) return false;
  return same_shape(*subject, *other.subject);
}

Typechecker::Typechecker(const Schema& schema, const Hierarchy& hierarchy,
                         const RequestEnvironment& environment)
    : schema_(schema),
      hierarchy_(hierarchy),
      environment_(environment),
      bool_(boolean_type()),
      true_(boolean_type(true)),
      false_(boolean_type(false)),
      long_(integer_type()),
      string_(string_type()),
      empty_record_(record_type_of({})) {}

Typing Typechecker::run(const Expression& condition) {
  Answer answer = boolean(condition, {});
  Typing out;
  out.succeeded = answer.ok;
  out.always_false = is_known(answer.type, false);
  out.errors = std::move(errors_);
  out.typed = std::move(answer.typed);
  return out;
}

void Typechecker::error(const Expression& at, std::string message, std::string help) {
  if (errors_.size() < limits::kCedarDiagnosticsMax)
    errors_.push_back({{}, std::move(message), std::move(help), at.span});
}

bool Typechecker::contains(const Capabilities& capabilities, const Capability& wanted) {
  return std::find(capabilities.begin(), capabilities.end(), wanted) != capabilities.end();
}

Capabilities Typechecker::joined(const Capabilities& a, const Capabilities& b) {
  Capabilities out = a;
  for (const auto& capability : b)
    if (!contains(a, capability)) out.push_back(capability);
  return out;
}

SchemaTypePtr Typechecker::entity_type(const std::string& name) {
  const auto at = entity_types_.find(name);
  return at != entity_types_.end() ? at->second
                                   : entity_types_.emplace(name, entity_type_of(name)).first->second;
}

Typechecker::Answer Typechecker::over(const Expression& e, SchemaTypePtr type, std::vector<Answer> operands) {
  Answer out;
  out.type = type;
  out.typed.expression = &e;
  out.typed.type = std::move(type);
  for (auto& operand : operands) {
    out.ok = out.ok && operand.ok;
    out.typed.args.push_back(std::move(operand.typed));
  }
  return out;
}

Typechecker::Answer Typechecker::check(const Expression& e, const Capabilities& prior) {
  switch (e.op) {
    case Op::literal:
      return literal(e);
    case Op::variable:
      return variable(e);
    case Op::and_:
      return and_chain(e, prior);
    case Op::or_:
      return or_chain(e, prior);
    case Op::if_:
      return if_then_else(e, prior);
    case Op::not_:
      return not_operator(e, prior);
    case Op::equal:
      return equality(e, prior);
    case Op::less:
    case Op::less_equal:
      return comparison(e, prior);
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return arithmetic(e, prior);
    case Op::in:
      return in(e, prior);
    case Op::contains:
    case Op::contains_all:
    case Op::contains_any:
    case Op::is_empty:
      return set_operation(e, prior);
    case Op::has_tag:
      return has_tag(e, prior);
    case Op::get_tag:
      return get_tag(e, prior);
    case Op::attribute:
      return attribute(e, prior);
    case Op::has:
      return has(e, prior);
    case Op::like:
      return over(e, bool_, [&] {
        std::vector<Answer> operand;
        operand.push_back(expect(e.args[0], prior, {bit(Kind::string), "String"}, help_like));
        return operand;
      }());
    case Op::is:
      return is(e, prior);
    case Op::set:
      return set(e, prior);
    case Op::record:
      return record(e, prior);
    case Op::call:
      return call(e, prior);
    case Op::not_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::is_in:
      break;  // not in core form
  }
  check_failed("expression in core form", __FILE__, __LINE__);
}

Typechecker::Answer Typechecker::expect(const Expression& e, const Capabilities& prior,
                                        const Expected& expected, Help help) {
  Answer out = check(e, prior);
  if (out.type == nullptr) {
    out.ok = false;
    out.capabilities.clear();
    return out;
  }
  const SchemaType& actual = *out.type;
  const bool fits =
      (bit(actual.kind) & expected.kinds) != 0 &&
      (expected.extension == nullptr || actual.name == expected.extension) &&
      (!expected.entities_only || actual.kind != Kind::set || actual.element->kind == Kind::entity);
  if (fits) return out;
  error(e, fmt::format("unexpected type: expected {} but saw {}", expected.text, type_text(actual)),
        help == nullptr ? std::string() : std::string(help(actual)));
  out.ok = false;
  out.type = out.typed.type = nullptr;
  out.capabilities.clear();
  return out;
}

Typechecker::Answer Typechecker::boolean(const Expression& e, const Capabilities& prior) {
  return expect(e, prior, {bit(Kind::boolean), "Bool"});
}

Typechecker::Answer Typechecker::literal(const Expression& e) {
  if (const bool* value = e.value.get_if<bool>()) return over(e, *value ? true_ : false_, {});
  if (e.value.kind() == ValueKind::integer) return over(e, long_, {});
  if (e.value.kind() == ValueKind::string) return over(e, string_, {});
  const EntityUid* uid = e.value.get_if<EntityUid>();
  CHECK(uid != nullptr);
  const bool action = base_name(uid->type()) == "Action";
  if (action ? schema_.action(*uid) != nullptr : schema_.entity_type(uid->type()) != nullptr)
    return over(e, entity_type(uid->type()), {});
  Answer unknown = over(e, nullptr, {});  // validate() reports it where it looks at names
  unknown.ok = false;
  return unknown;
}

Typechecker::Answer Typechecker::variable(const Expression& e) {
  switch (e.variable) {
    case Variable::principal:
      return over(e, entity_type(environment_.principal), {});
    case Variable::action:
      return over(e, entity_type(environment_.action.type()), {});
    case Variable::resource:
      return over(e, entity_type(environment_.resource), {});
    case Variable::context:
      break;
  }
  const ActionDeclaration* action = schema_.action(environment_.action);
  return over(e, action == nullptr ? empty_record_ : action->context, {});
}

// `false && x` is false whatever x is; of two that are not known, both capabilities hold.
Typechecker::Answer Typechecker::and_pair(const Expression& e, Answer left, Answer right) {
  Answer out;
  out.ok = left.ok && right.ok;
  const bool typed = left.type != nullptr && right.type != nullptr;
  if (left.type != nullptr && is_known(right.type, false)) {
    out.type = false_;
  } else if (left.type != nullptr && is_known(right.type, true)) {
    out.type = left.type;
    out.capabilities = joined(left.capabilities, right.capabilities);
  } else if (is_known(left.type, true) && typed) {
    out.type = right.type;
    out.capabilities = right.capabilities;
  } else {
    out.type = bool_;
    out.ok = out.ok && typed;
    out.capabilities = joined(left.capabilities, right.capabilities);
  }
  if (!out.ok) out.capabilities.clear();
  const bool chained = left.typed.expression == &e;
  out.typed.expression = &e;
  out.typed.type = out.type;
  if (chained)
    out.typed.args = std::move(left.typed.args);
  else
    out.typed.args.push_back(std::move(left.typed));
  out.typed.args.push_back(std::move(right.typed));
  return out;
}

Typechecker::Answer Typechecker::and_chain(const Expression& e, const Capabilities& prior) {
  Answer out = boolean(e.args[0], prior);
  for (std::size_t i = 1; i < e.args.size(); ++i) {
    if (is_known(out.type, false)) {
      out.capabilities.clear();
      return out;
    }
    Answer right = boolean(e.args[i], joined(prior, out.capabilities));
    out = and_pair(e, std::move(out), std::move(right));
  }
  return out;
}

Typechecker::Answer Typechecker::or_pair(const Expression& e, Answer left, Answer right) {
  Answer out;
  out.ok = left.ok && right.ok;
  const bool typed = left.type != nullptr && right.type != nullptr;
  if (left.type != nullptr && is_known(right.type, true)) {
    out.type = true_;
    out.capabilities = right.capabilities;
  } else if (left.type != nullptr && is_known(right.type, false)) {
    out.type = left.type;
    out.capabilities = left.capabilities;
  } else if (is_known(left.type, false) && typed) {
    out.type = right.type;
    out.capabilities = right.capabilities;
  } else {
    out.type = bool_;
    out.ok = out.ok && typed;
    for (const auto& capability : right.capabilities)
      if (contains(left.capabilities, capability)) out.capabilities.push_back(capability);
  }
  if (!out.ok) out.capabilities.clear();
  const bool chained = left.typed.expression == &e;
  out.typed.expression = &e;
  out.typed.type = out.type;
  if (chained)
    out.typed.args = std::move(left.typed.args);
  else
    out.typed.args.push_back(std::move(left.typed));
  out.typed.args.push_back(std::move(right.typed));
  return out;
}

Typechecker::Answer Typechecker::or_chain(const Expression& e, const Capabilities& prior) {
  Answer out = boolean(e.args[0], prior);
  for (std::size_t i = 1; i < e.args.size(); ++i) {
    if (is_known(out.type, true)) return out;
    out = or_pair(e, std::move(out), boolean(e.args[i], prior));
  }
  return out;
}

Typechecker::Answer Typechecker::if_then_else(const Expression& e, const Capabilities& prior) {
  Answer test = boolean(e.args[0], prior);
  const Capabilities after_test = test.capabilities;
  std::vector<Answer> parts;
  if (is_known(test.type, true) || is_known(test.type, false)) {
    const bool taken = *test.type->known;
    Answer branch = taken ? check(e.args[1], joined(prior, after_test)) : check(e.args[2], prior);
    Capabilities capabilities = branch.capabilities;
    if (taken) capabilities = joined(capabilities, after_test);
    SchemaTypePtr type = branch.type;
    parts.push_back(std::move(test));
    parts.push_back(std::move(branch));
    Answer out = over(e, std::move(type), std::move(parts));
    if (out.ok) out.capabilities = std::move(capabilities);
    return out;
  }
  Answer yes = check(e.args[1], joined(prior, after_test));
  Answer no = check(e.args[2], prior);
  if (yes.ok) yes.capabilities = joined(yes.capabilities, after_test);
  const SchemaTypePtr type = bound_of(e, {yes.type, no.type}, "both branches of a conditional");
  Capabilities both;
  for (const auto& capability : no.capabilities)
    if (contains(yes.capabilities, capability)) both.push_back(capability);
  parts.push_back(std::move(test));
  parts.push_back(std::move(yes));
  parts.push_back(std::move(no));
  Answer out = over(e, type, std::move(parts));
  out.ok = out.ok && type != nullptr;
  if (out.ok) out.capabilities = std::move(both);
  return out;
}

Typechecker::Answer Typechecker::not_operator(const Expression& e, const Capabilities& prior) {
  Answer operand = boolean(e.args[0], prior);
  SchemaTypePtr type = bool_;
  if (is_known(operand.type, true)) type = false_;
  if (is_known(operand.type, false)) type = true_;
  std::vector<Answer> operands;
  operands.push_back(std::move(operand));
  return over(e, std::move(type), std::move(operands));
}

const SchemaType::Attribute* Typechecker::find_attribute(const SchemaType& type,
                                                         std::string_view name) const {
  const SchemaType* record = &type;
  if (type.kind == Kind::entity) {
    const EntityDeclaration* declared = schema_.entity_type(type.name);
    if (declared == nullptr) return nullptr;  // an action: actions have no attributes
    record = declared->attributes.get();
  }
  const auto at =
      std::lower_bound(record->attributes.begin(), record->attributes.end(), name,
                       [](const auto& attribute, std::string_view key) { return attribute.name < key; });
  return at == record->attributes.end() || at->name != name ? nullptr : &*at;
}

std::string Typechecker::access_text(const TypedExpression& subject, const std::string& attribute,
                                     std::string* guard) const {
  std::vector<const std::string*> path{&attribute};
  const TypedExpression* at = &subject;
  std::string place;
  bool in_context = false;
  while (true) {
    if (at->type != nullptr && at->type->kind == Kind::entity) {
      place = fmt::format(" on entity type `{}`", at->type->name);
      break;
    }
    if (at->expression->op == Op::variable && at->expression->variable == Variable::context) {
      place = fmt::format(" in context for {}", environment_.action.text());
      in_context = true;
      break;
    }
    if (at->expression->op != Op::attribute) break;
    path.push_back(&at->expression->names.front());
    at = &at->args.front();
  }
  if (guard != nullptr) {
    const std::vector<const std::string*> before(path.begin() + 1, path.end());
    *guard = fmt::format("{}{} has {}", in_context ? "context" : "e", path_text(before, true),
                         is_identifier(attribute) && !is_reserved(attribute) ? attribute : quoted(attribute));
  }
  return fmt::format("`{}`{}", path_text(path, false), place);
}

Typechecker::Answer Typechecker::attribute(const Expression& e, const Capabilities& prior) {
  Answer subject = expect(e.args[0], prior,
                          {bit(Kind::entity) | bit(Kind::record),
                           "__cedar::internal::AnyEntity, or __cedar::internal::OpenRecord{}"});
  const std::string& name = e.names.front();
  const SchemaType::Attribute* found =
      subject.type == nullptr ? nullptr : find_attribute(*subject.type, name);
  bool safe = false;
  if (found != nullptr) {
    safe = found->required || contains(prior, {&e.args[0], &name, nullptr});
    if (!safe) {
      std::string guard;
      const std::string access = access_text(subject.typed, name, &guard);
      error(e, "unable to guarantee safety of access to optional attribute " + access,
            fmt::format("try testing for the attribute's presence with `{} && ..`", guard));
    }
  } else if (subject.type != nullptr) {
    std::vector<std::string> known;
    const SchemaType* record = subject.type.get();
    if (record->kind == Kind::entity) {
      const EntityDeclaration* declared = schema_.entity_type(record->name);
      record = declared == nullptr ? empty_record_.get() : declared->attributes.get();
    }
    for (const auto& attribute : record->attributes)
      known.push_back(attribute.name);
    const std::string suggestion = closest_name(name, known);
    error(e, fmt::format("attribute {} not found", access_text(subject.typed, name, nullptr)),
          suggestion.empty() ? "" : fmt::format("did you mean `{}`?", suggestion));
  }
  std::vector<Answer> operands;
  operands.push_back(std::move(subject));
  Answer out = over(e, found == nullptr ? nullptr : found->type, std::move(operands));
  out.ok = out.ok && safe;
  return out;
}

Typechecker::Answer Typechecker::has(const Expression& e, const Capabilities& prior) {
  Answer subject = expect(e.args[0], prior,
                          {bit(Kind::entity) | bit(Kind::record),
                           "__cedar::internal::AnyEntity, or __cedar::internal::OpenRecord{}"},
                          help_has);
  const std::string& name = e.names.front();
  const Capability capability{&e.args[0], &name, nullptr};
  SchemaTypePtr type = bool_;
  bool grants = false;
  if (subject.type != nullptr) {
    const SchemaType::Attribute* found = find_attribute(*subject.type, name);
    grants = found != nullptr;
    // An entity need not be in the store, so even a required attribute may be missing from it.
    const bool certain = found != nullptr && ((found->required && subject.type->kind == Kind::record) ||
                                              contains(prior, capability));
    if (found == nullptr) type = false_;
    if (certain) type = true_;
  }
  std::vector<Answer> operands;
  operands.push_back(std::move(subject));
  Answer out = over(e, std::move(type), std::move(operands));
  if (out.ok && grants) out.capabilities.push_back(capability);
  return out;
}

Typechecker::Answer Typechecker::is(const Expression& e, const Capabilities& prior) {
  Answer subject = expect(e.args[0], prior, {bit(Kind::entity), "__cedar::internal::AnyEntity"}, help_is);
  SchemaTypePtr type = bool_;
  if (subject.type != nullptr) type = subject.type->name == e.names.front() ? true_ : false_;
  std::vector<Answer> operands;
  operands.push_back(std::move(subject));
  return over(e, std::move(type), std::move(operands));
}

Typechecker::Answer Typechecker::set(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> elements;
  std::vector<SchemaTypePtr> types;
  for (const auto& arg : e.args) {
    elements.push_back(check(arg, prior));
    types.push_back(elements.back().type);
  }
  SchemaTypePtr type;
  if (e.args.empty())
    error(e, "empty set literals are forbidden in policies");
  else if (const SchemaTypePtr element = bound_of(e, types, "elements of a set"))
    type = set_type_of(element);
  Answer out = over(e, type, std::move(elements));
  out.ok = out.ok && type != nullptr;
  return out;
}

Typechecker::Answer Typechecker::record(const Expression& e, const Capabilities& prior) {
  std::vector<Answer> values;
  std::vector<SchemaType::Attribute> attributes;
  bool typed = true;
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    values.push_back(check(e.args[i], prior));
    typed = typed && values.back().type != nullptr;
    attributes.push_back({e.names[i], values.back().type, true});
  }
  Answer out = over(e, typed ? record_type_of(std::move(attributes)) : nullptr, std::move(values));
  out.ok = out.ok && typed;
  return out;
}

}  // namespace weir::cedar
