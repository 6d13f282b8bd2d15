#include "prove/encoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "prove/limits.h"

namespace weir::prove {
namespace {

using cedar::Expression;
using cedar::Op;
using Kind = Sort::Kind;

std::unexpected<Error> unsupported(std::string what, const Expression& expression) {
  return fail(
      std::move(what), fmt::format("bytes {} to {}", expression.span.begin, expression.span.end),
      "validate the policies against the schema first; what is valid and still refused cannot be proved");
}

}  // namespace

Result<std::unique_ptr<Encoder>> Encoder::make(const Sorts& sorts,
                                               const cedar::RequestEnvironment& environment, bool verbatim) {
  std::unique_ptr<Encoder> out(new Encoder(sorts, environment, verbatim));
  Terms& terms = out->terms_;
  TRY(SortPtr principal, sorts.entity(environment.principal));
  TRY(SortPtr action, sorts.entity(environment.action.type()));
  TRY(SortPtr resource, sorts.entity(environment.resource));
  const auto* declaration = sorts.schema().action(environment.action);
  if (declaration == nullptr)
    return fail("the schema does not declare the action", environment.action.text());
  out->principal_ = symbolic(terms, terms.symbol("principal", std::move(principal)));
  out->action_ = symbolic(terms, terms.entity(action, environment.action.id()));
  out->resource_ = symbolic(terms, terms.symbol("resource", std::move(resource)));
  TRY(out->context_, Unknowns(terms, sorts).make(*declaration->context, "context", {}));
  return out;
}

Status Encoder::check_size() const {
  if (terms_.size() <= limits::kTermsMax) return {};
  return fail(ErrorCode::limit, fmt::format("the policies make more than {} terms", limits::kTermsMax), {},
              "split the policy set");
}

Result<Condition> Encoder::policy(const cedar::Policy& policy) {
  const auto at = policies_.find(&policy);
  if (at != policies_.end()) return at->second;
  auto condition = compile_policy(policy);
  if (!condition) condition.error().where = fmt::format("policy {}", printable(policy.id, 100));
  return policies_.emplace(&policy, std::move(condition)).first->second;
}

Result<Term> Encoder::scope_of(const cedar::Policy& policy) {
  TRY(const Term principal, scope(policy.principal, principal_));
  TRY(const Term action, scope(policy.action, action_));
  TRY(const Term resource, scope(policy.resource, resource_));
  return terms_.all({principal, action, resource});
}

// The scope cannot err, and conditions are looked at from left to right until one is not met.
Result<Condition> Encoder::compile_policy(const cedar::Policy& policy) {
  if (policy.is_template()) return fail("templates are not supported; link them first");
  TRY(const Term in_scope, scope_of(policy));
  Condition out{in_scope, terms_.boolean(false)};
  for (const auto& clause : policy.conditions) {
    if (terms_.is_false(out.holds)) break;
    TRY(Outcome next, boolean(clause.body));
    const Term met = clause.unless ? terms_.negate(next.value.term) : next.value.term;
    out.errs = terms_.any({out.errs, terms_.all({out.holds, terms_.negate(next.defined)})});
    out.holds = terms_.all({out.holds, next.defined, met});
    TRY_STATUS(check_size());
  }
  return out;
}

Result<Condition> Encoder::condition(const Expression& expression) {
  TRY(Outcome outcome, boolean(expression));
  return Condition{terms_.all({outcome.value.term, outcome.defined}), terms_.negate(outcome.defined)};
}

Result<Term> Encoder::scope(const cedar::Scope& scope, const Symbolic& target) {
  using ScopeKind = cedar::Scope::Kind;
  if (scope.kind == ScopeKind::any) return terms_.boolean(true);
  if (scope.kind == ScopeKind::is) return terms_.boolean(target.sort->name == scope.entity_type);
  if (scope.kind == ScopeKind::is_in && target.sort->name != scope.entity_type) return terms_.boolean(false);
  std::vector<Term> cases;
  for (const auto& uid : scope.entities) {
    TRY(Outcome other, entity(uid));
    if (scope.kind == ScopeKind::equal)
      cases.push_back(target.sort->key == other.value.sort->key ? terms_.equal(target.term, other.value.term)
                                                                : terms_.boolean(false));
    else
      cases.push_back(is_in_entity(target, other.value));
  }
  return terms_.any(std::move(cases));
}

Result<Encoder::Outcome> Encoder::compile(const Expression& expression) {
  switch (expression.op) {
    case Op::literal:
      return literal(expression.value);
    case Op::variable:
      return variable(expression.variable);
    case Op::and_:
    case Op::or_:
      return logical(expression);
    case Op::if_:
      return if_then_else(expression);
    case Op::not_: {
      TRY(Outcome inner, boolean(expression.args[0]));
      return Outcome{symbolic(terms_, terms_.negate(inner.value.term)), inner.defined};
    }
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return compare(expression);
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
      return arithmetic(expression);
    case Op::in:
      return in(expression, false);
    case Op::is:
    case Op::is_in:
      return in(expression, true);
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
    case Op::like:
      return like(expression);
    case Op::set:
      return set(expression);
    case Op::record:
      return record(expression);
    case Op::call:
      return call(expression);
  }
  return unsupported("the expression is not supported", expression);
}

Result<Encoder::Outcome> Encoder::operand(const Expression& expression, Kind kind) {
  TRY(Outcome out, compile(expression));
  if (!out.value.is(kind))
    return unsupported("an operand has a type that its operator does not take", expression);
  return out;
}
Result<Encoder::Outcome> Encoder::boolean(const Expression& expression) {
  return operand(expression, Kind::boolean);
}

Result<Encoder::Outcome> Encoder::literal(const cedar::Value& value) {
  if (const auto* flag = value.get_if<bool>()) return certain(terms_.boolean(*flag));
  if (const auto* number = value.get_if<std::int64_t>())
    return certain(terms_.number(*number, Sorts::plain(Kind::integer)));
  if (const auto* uid = value.get_if<cedar::EntityUid>()) return entity(*uid);
  const auto* text = value.get_if<std::string>();
  if (text == nullptr) return fail("a literal of this type is not supported");
  if (!fits_smt(*text)) return fail("a text has characters beyond U+2FFFF, which solvers do not know");
  return certain(terms_.string(*text));
}

Result<Encoder::Outcome> Encoder::entity(const cedar::EntityUid& uid) {
  TRY(SortPtr sort, sorts_.entity(uid.type()));
  if (!fits_smt(uid.id()))
    return fail("an entity id has characters beyond U+2FFFF, which solvers do not know");
  if (sort->closed && !std::binary_search(sort->choices.begin(), sort->choices.end(), uid.id()))
    return fail("the schema does not declare the entity", printable(uid.text(), 200));
  return certain(terms_.entity(sort, uid.id()));
}

Result<Encoder::Outcome> Encoder::variable(cedar::Variable variable) const {
  const Symbolic* values[] = {&principal_, &action_, &resource_, &context_};
  return Outcome{*values[static_cast<std::size_t>(variable)], terms_.boolean(true)};
}

// a && b: b is looked at only where a holds; so b may be ill-typed where a cannot.
Result<Encoder::Outcome> Encoder::logical(const Expression& expression) {
  const bool is_and = expression.op == Op::and_;
  Term reached = terms_.boolean(true);  // every operand so far was met, and has a value
  Term undefined = terms_.boolean(false);
  for (const auto& arg : expression.args) {
    if (terms_.is_false(reached)) break;
    TRY(Outcome next, boolean(arg));
    undefined = terms_.any({undefined, terms_.all({reached, terms_.negate(next.defined)})});
    const Term goes_on = is_and ? next.value.term : terms_.negate(next.value.term);
    reached = terms_.all({reached, next.defined, goes_on});
  }
  const Term value = is_and ? reached : terms_.negate(reached);
  return Outcome{symbolic(terms_, value), terms_.negate(undefined)};
}

Result<Encoder::Outcome> Encoder::if_then_else(const Expression& expression) {
  TRY(Outcome condition, boolean(expression.args[0]));
  const Term test = condition.value.term;
  if (terms_.is_true(test) || terms_.is_false(test)) {
    TRY(Outcome taken, compile(expression.args[terms_.is_true(test) ? 1 : 2]));
    return Outcome{taken.value, terms_.all({condition.defined, taken.defined})};
  }
  TRY(Outcome yes, compile(expression.args[1]));
  TRY(Outcome no, compile(expression.args[2]));
  TRY(Symbolic value, choose(terms_, test, yes.value, no.value));
  return Outcome{std::move(value),
                 terms_.all({condition.defined, terms_.ite(test, yes.defined, no.defined)})};
}

Result<Encoder::Outcome> Encoder::compare(const Expression& expression) {
  TRY(Outcome a, compile(expression.args[0]));
  TRY(Outcome b, compile(expression.args[1]));
  const Term defined = terms_.all({a.defined, b.defined});
  if (expression.op == Op::equal || expression.op == Op::not_equal) {
    TRY(const Term same, equal(terms_, a.value, b.value));
    return Outcome{symbolic(terms_, expression.op == Op::equal ? same : terms_.negate(same)), defined};
  }
  if (a.value.sort->key != b.value.sort->key || !a.value.sort->is_number() || a.value.is(Kind::decimal))
    return unsupported("values of these types have no order", expression);
  const bool swapped = expression.op == Op::greater || expression.op == Op::greater_equal;
  const Term left = swapped ? b.value.term : a.value.term;
  const Term right = swapped ? a.value.term : b.value.term;
  const bool strict = expression.op == Op::less || expression.op == Op::greater;
  return Outcome{symbolic(terms_, strict ? terms_.less(left, right) : terms_.less_equal(left, right)),
                 defined};
}

Result<Encoder::Outcome> Encoder::arithmetic(const Expression& expression) {
  TRY(Outcome a, operand(expression.args[0], Kind::integer));
  const Term x = a.value.term;
  if (expression.op == Op::negate)
    return Outcome{symbolic(terms_, terms_.negative(x)),
                   terms_.all({a.defined, terms_.negate(terms_.negative_overflows(x))})};
  TRY(Outcome b, operand(expression.args[1], Kind::integer));
  const Term y = b.value.term;
  const Term value = expression.op == Op::add        ? terms_.add(x, y)
                     : expression.op == Op::subtract ? terms_.subtract(x, y)
                                                     : terms_.multiply(x, y);
  const Term overflow = expression.op == Op::add        ? terms_.add_overflows(x, y)
                        : expression.op == Op::subtract ? terms_.subtract_overflows(x, y)
                                                        : terms_.multiply_overflows(x, y);
  return Outcome{symbolic(terms_, value), terms_.all({a.defined, b.defined, terms_.negate(overflow)})};
}

// `in`, `is`, `is … in`.
Result<Encoder::Outcome> Encoder::in(const Expression& expression, bool with_type) {
  TRY(Outcome left, operand(expression.args[0], Kind::entity));
  if (with_type && left.value.sort->name != expression.names.front())
    return Outcome{symbolic(terms_, terms_.boolean(false)), left.defined};
  if (expression.op == Op::is) return Outcome{symbolic(terms_, terms_.boolean(true)), left.defined};
  TRY(Outcome right, compile(expression.args[1]));
  TRY(const Term inside, is_in(left.value, right.value));
  return Outcome{symbolic(terms_, inside), terms_.all({left.defined, right.defined})};
}

Result<Term> Encoder::is_in(const Symbolic& entity, const Symbolic& right) {
  if (right.is(Kind::entity)) return is_in_entity(entity, right);
  if (!right.is(Kind::set) || right.sort->element->kind != Kind::entity)
    return fail("`in` needs an entity or a set of entities on its right");
  if (terms_.node(right.term).op == TermOp::set) {
    std::vector<Term> cases;
    for (const Term element : std::vector<Term>(terms_.node(right.term).args))
      cases.push_back(is_in_entity(entity, symbolic(terms_, element)));
    return terms_.any(std::move(cases));
  }
  const SortPtr& ancestor = right.sort->element;
  std::vector<Term> cases;
  if (entity.sort->key == ancestor->key) cases.push_back(terms_.member(entity.term, right.term));
  if (sorts_.has_ancestors(entity.sort->name, ancestor->name))
    cases.push_back(terms_.meet(right.term, terms_.ancestors(entity.term, ancestor)));
  return terms_.any(std::move(cases));
}

Term Encoder::is_in_entity(const Symbolic& entity, const Symbolic& ancestor) {
  const TermNode& from = terms_.node(entity.term);
  const TermNode& to = terms_.node(ancestor.term);
  const auto& schema = sorts_.schema();
  if (from.op == TermOp::entity && to.op == TermOp::entity) {
    const cedar::EntityUid uid(from.sort->name, from.text);
    const cedar::EntityUid above(to.sort->name, to.text);
    if (schema.action(uid) != nullptr) return terms_.boolean(schema.action_is_in(uid, above));
  }
  std::vector<Term> cases;
  if (entity.sort->key == ancestor.sort->key) cases.push_back(terms_.equal(entity.term, ancestor.term));
  if (sorts_.has_ancestors(entity.sort->name, ancestor.sort->name))
    cases.push_back(terms_.member(ancestor.term, terms_.ancestors(entity.term, ancestor.sort)));
  return terms_.any(std::move(cases));
}

Result<Encoder::Outcome> Encoder::set_operation(const Expression& expression) {
  TRY(Outcome left, operand(expression.args[0], Kind::set));
  if (expression.op == Op::is_empty)
    return Outcome{symbolic(terms_, terms_.equal(left.value.term, terms_.set(left.value.sort, {}))),
                   left.defined};
  TRY(Outcome right, compile(expression.args[1]));
  const Term defined = terms_.all({left.defined, right.defined});
  if (expression.op == Op::contains) {
    if (right.value.sort->key != left.value.sort->element->key)
      return unsupported("a set is asked for an element of another type", expression);
    return Outcome{symbolic(terms_, terms_.member(packed(terms_, right.value), left.value.term)), defined};
  }
  if (right.value.sort->key != left.value.sort->key)
    return unsupported("sets of different types are compared", expression);
  const Term value = expression.op == Op::contains_all ? terms_.subset(right.value.term, left.value.term)
                                                       : terms_.meet(left.value.term, right.value.term);
  return Outcome{symbolic(terms_, value), defined};
}

Result<Encoder::Outcome> Encoder::tag(const Expression& expression) {
  TRY(Outcome base, operand(expression.args[0], Kind::entity));
  TRY(Outcome key, operand(expression.args[1], Kind::string));
  const Term defined = terms_.all({base.defined, key.defined});
  const auto* declaration = sorts_.schema().entity_type(base.value.sort->name);
  if (declaration == nullptr || declaration->tags == nullptr) {
    if (expression.op == Op::has_tag) return Outcome{symbolic(terms_, terms_.boolean(false)), defined};
    return unsupported("the entity type has no tags", expression);
  }
  const Term keys = terms_.function(kTagKeys, Sorts::set_of(Sorts::plain(Kind::string)), {base.value.term});
  const Term present = terms_.member(key.value.term, keys);
  if (expression.op == Op::has_tag) return Outcome{symbolic(terms_, present), defined};
  TRY(Symbolic value,
      Unknowns(terms_, sorts_).make(*declaration->tags, kTagValue, {base.value.term, key.value.term}));
  return Outcome{std::move(value), terms_.all({defined, present})};
}

Result<std::optional<Symbolic::Field>> Encoder::find(const Symbolic& base, const std::string& attribute) {
  if (base.is(Kind::record)) {
    const auto* field = base.field(attribute);
    return field == nullptr ? std::nullopt : std::optional(*field);
  }
  if (!base.is(Kind::entity)) return fail("only entities and records have attributes");
  const auto* declaration = sorts_.schema().entity_type(base.sort->name);
  if (declaration == nullptr) return std::nullopt;  // actions have none
  for (const auto& declared : declaration->attributes->attributes) {
    if (declared.name != attribute) continue;
    const std::string path = smt_name(attribute);
    TRY(Symbolic value, Unknowns(terms_, sorts_).make(*declared.type, path, {base.term}));
    const Term present = declared.required
                             ? terms_.boolean(true)
                             : terms_.function(path + "?", Sorts::plain(Kind::boolean), {base.term});
    return Symbolic::Field{attribute, present, std::move(value)};
  }
  return std::nullopt;
}

Result<Encoder::Outcome> Encoder::attribute(const Expression& expression) {
  TRY(Outcome base, compile(expression.args[0]));
  TRY(auto field, find(base.value, expression.names.front()));
  if (!field) return unsupported("the schema declares no such attribute", expression);
  return Outcome{std::move(field->value), terms_.all({base.defined, field->present})};
}

// `e has a.b` is `e has a && e.a has b`.
Result<Encoder::Outcome> Encoder::has(const Expression& expression) {
  TRY(Outcome base, compile(expression.args[0]));
  Symbolic at = base.value;
  std::vector<Term> present;
  for (const auto& step : expression.names) {
    TRY(auto field, find(at, step));
    if (!field) return Outcome{symbolic(terms_, terms_.boolean(false)), base.defined};
    present.push_back(field->present);
    at = std::move(field->value);
  }
  return Outcome{symbolic(terms_, terms_.all(std::move(present))), base.defined};
}

Result<Encoder::Outcome> Encoder::like(const Expression& expression) {
  TRY(Outcome text, operand(expression.args[0], Kind::string));
  for (const auto& part : expression.names)
    if (!fits_smt(part)) return unsupported("a pattern has characters beyond U+2FFFF", expression);
  return Outcome{symbolic(terms_, terms_.like(text.value.term, expression.names)), text.defined};
}

Result<Encoder::Outcome> Encoder::set(const Expression& expression) {
  if (expression.args.empty()) return unsupported("the type of an empty set cannot be told", expression);
  std::vector<Term> elements;
  std::vector<Term> defined;
  SortPtr element;
  for (const auto& arg : expression.args) {
    TRY(Outcome next, compile(arg));
    if (element && element->key != next.value.sort->key)
      return unsupported("the elements of a set have different types", expression);
    element = next.value.sort;
    elements.push_back(packed(terms_, next.value));
    defined.push_back(next.defined);
  }
  return Outcome{symbolic(terms_, terms_.set(Sorts::set_of(element), std::move(elements))),
                 terms_.all(std::move(defined))};
}

Result<Encoder::Outcome> Encoder::record(const Expression& expression) {
  std::vector<Sort::Field> sorts;
  std::vector<Term> defined;
  std::map<std::string, Symbolic> values;
  for (std::size_t i = 0; i < expression.args.size(); ++i) {
    TRY(Outcome next, compile(expression.args[i]));
    sorts.push_back({expression.names[i], next.value.sort, true});
    defined.push_back(next.defined);
    values.emplace(expression.names[i], std::move(next.value));
  }
  auto fields = std::make_shared<std::vector<Symbolic::Field>>();
  for (auto& [name, value] : values)
    fields->push_back({name, terms_.boolean(true), std::move(value)});
  return Outcome{Symbolic{Sorts::record_of(std::move(sorts)), {}, std::move(fields)},
                 terms_.all(std::move(defined))};
}

}  // namespace weir::prove
