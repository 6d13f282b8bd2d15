#include "cedar/typecheck_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/limits.h"

namespace weir::cedar {
namespace {

std::vector<Expression> pair(Expression a, Expression b) {
  std::vector<Expression> out;
  out.push_back(std::move(a));
  out.push_back(std::move(b));
  return out;
}
std::vector<Expression> one(Expression a) {
  std::vector<Expression> out;
  out.push_back(std::move(a));
  return out;
}

// Writes the core form. Parts that are needed twice can double at every level, so there is a budget; once it
// is spent what comes out is cut short and must not be used.
class CoreForm {
 public:
  bool exhausted() const { return left_ == 0; }

  Expression core_form(const Expression& expression) {
    if (exhausted()) return node(Op::literal, expression.span, {});
    switch (expression.op) {
      case Op::literal:
        return literal(expression.value, expression.span);
      case Op::and_:
      case Op::or_:
        return chain(expression);
      case Op::not_equal:
        return negated(Op::equal, expression);
      case Op::greater:
        return negated(Op::less_equal, expression);
      case Op::greater_equal:
        return negated(Op::less, expression);
      case Op::has:
        return has_path(expression);
      case Op::is_in:
        return is_in(expression);
      case Op::record:
        return record(expression);
      default:
        break;
    }
    Expression out = node(expression.op, expression.span, {});
    out.variable = expression.variable;
    out.function = expression.function;
    out.names = expression.names;
    for (const auto& arg : expression.args)
      out.args.push_back(core_form(arg));
    return out;
  }

  Expression condition(const Policy& policy, const SlotTypes& slots) {
    const Span span = policy.span;
    Expression rest = node(
        Op::and_, span,
        pair(scope_condition(policy.resource, Variable::resource, slots.resource, span), conditions(policy)));
    rest = node(Op::and_, span,
                pair(scope_condition(policy.action, Variable::action, {}, span), std::move(rest)));
    return node(
        Op::and_, span,
        pair(scope_condition(policy.principal, Variable::principal, slots.principal, span), std::move(rest)));
  }

 private:
  Expression node(Op op, Span span, std::vector<Expression> args) {
    if (left_ > 0) --left_;
    Expression out;
    out.op = op;
    out.span = span;
    if (left_ > 0) out.args = std::move(args);
    return out;
  }

  // A second copy of a part that is needed twice.
  Expression copy(const Expression& expression) {
    if (left_ > 0) --left_;
    Expression out;
    out.op = expression.op;
    out.span = expression.span;
    out.variable = expression.variable;
    out.function = expression.function;
    out.names = expression.names;
    out.value = expression.value;
    for (const auto& arg : expression.args) {
      if (left_ == 0) break;
      out.args.push_back(copy(arg));
    }
    return out;
  }

  Expression literal(Value value, Span span) {
    Expression out = node(Op::literal, span, {});
    out.value = std::move(value);
    return out;
  }

  Expression variable(Variable variable, Span span) {
    Expression out = node(Op::variable, span, {});
    out.variable = variable;
    return out;
  }

  Expression named(Op op, Span span, Expression subject, std::string name) {
    Expression out = node(op, span, one(std::move(subject)));
    out.names.push_back(std::move(name));
    return out;
  }

  // `e has a.b.c` is `e has a && e.a has b && e.a.b has c`.
  Expression has_path(const Expression& has) {
    Expression subject = core_form(has.args.front());
    if (has.names.size() == 1) return named(Op::has, has.span, std::move(subject), has.names.front());
    std::vector<Expression> steps;
    for (std::size_t i = 0; i < has.names.size(); ++i) {
      steps.push_back(named(Op::has, has.span, copy(subject), has.names[i]));
      if (exhausted()) break;
      subject = named(Op::attribute, has.span, std::move(subject), has.names[i]);
    }
    return node(Op::and_, has.span, std::move(steps));
  }

  Expression is_in(const Expression& test) {
    Expression subject = core_form(test.args.front());
    Expression is = named(Op::is, test.span, copy(subject), test.names.front());
    Expression in = node(Op::in, test.span, pair(std::move(subject), core_form(test.args.back())));
    return node(Op::and_, test.span, pair(std::move(is), std::move(in)));
  }

  Expression negated(Op op, const Expression& comparison) {
    return node(
        Op::not_, comparison.span,
        one(node(op, comparison.span, pair(core_form(comparison.args[0]), core_form(comparison.args[1])))));
  }

  Expression record(const Expression& written) {
    std::vector<std::size_t> order(written.names.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return written.names[a] < written.names[b]; });
    Expression out = node(Op::record, written.span, {});
    for (const std::size_t i : order) {
      out.names.push_back(written.names[i]);
      out.args.push_back(core_form(written.args[i]));
    }
    return out;
  }

  // Chains associate to the left, so `(a && b) && c` is the chain `a && b && c`. As in the reference, a chain
  // that begins with `true` and `false` is that much shorter, so `false || true` counts as a literal.
  Expression chain(const Expression& written) {
    Expression out = node(written.op, written.span, {});
    for (const auto& arg : written.args) {
      Expression next = core_form(arg);
      const bool* first = out.args.size() == 1 ? truth(out.args[0]) : nullptr;
      const bool* second = truth(next);
      if (out.args.empty() && next.op == written.op)
        out.args = std::move(next.args);
      else if (first != nullptr && second != nullptr)
        out.args[0].value = Value(written.op == Op::and_ ? *first && *second : *first || *second);
      else
        out.args.push_back(std::move(next));
    }
    if (out.args.size() > 1) return out;
    out.args[0].span = written.span;
    return std::move(out.args[0]);
  }

  static const bool* truth(const Expression& e) {
    return e.op == Op::literal ? e.value.get_if<bool>() : nullptr;
  }

  Expression scope_condition(const Scope& scope, Variable which, const std::string& slot_type, Span span) {
    const auto target = [&] {
      if (scope.slot) return literal(Value(EntityUid(slot_type, std::string(kSlotId))), span);
      return literal(Value(scope.entities.front()), span);
    };
    const auto is = [&] { return named(Op::is, span, variable(which, span), scope.entity_type); };
    switch (scope.kind) {
      case Scope::Kind::any:
        return literal(Value(true), span);
      case Scope::Kind::is:
        return is();
      case Scope::Kind::equal:
        return node(Op::equal, span, pair(variable(which, span), target()));
      case Scope::Kind::in:
      case Scope::Kind::is_in:
        break;
      case Scope::Kind::in_any: {
        Expression list = node(Op::set, span, {});
        for (const auto& uid : scope.entities)
          list.args.push_back(literal(Value(uid), span));
        return node(Op::in, span, pair(variable(which, span), std::move(list)));
      }
    }
    Expression in = node(Op::in, span, pair(variable(which, span), target()));
    if (scope.kind == Scope::Kind::in) return in;
    return node(Op::and_, span, pair(is(), std::move(in)));
  }

  Expression conditions(const Policy& policy) {
    if (policy.conditions.empty()) return literal(Value(true), policy.span);
    Expression out;
    for (auto at = policy.conditions.rbegin(); at != policy.conditions.rend(); ++at) {
      Expression body = core_form(at->body);
      if (at->unless) body = node(Op::not_, at->body.span, one(std::move(body)));
      if (at == policy.conditions.rbegin())
        out = std::move(body);
      else
        out = node(Op::and_, policy.span, pair(std::move(body), std::move(out)));
    }
    return out;
  }

  std::size_t left_ = limits::kCedarCoreNodesMax;
};

template <class T>
Result<Expression> finish(const CoreForm& form, T&& made, std::string_view where) {
  if (!form.exhausted()) return std::forward<T>(made);
  return fail(
      ErrorCode::limit,
      fmt::format("the policy has more than {} expressions when written out", limits::kCedarCoreNodesMax),
      std::string(where), "split it, or nest `is ... in` and `has a.b.c` less");
}

}  // namespace

Result<Expression> core_form(const Expression& expression) {
  CoreForm form;
  Expression out = form.core_form(expression);
  return finish(form, std::move(out), {});
}

Result<Expression> core_condition(const Policy& policy, const SlotTypes& slots) {
  CoreForm form;
  Expression out = form.condition(policy, slots);
  return finish(form, std::move(out), policy.id);
}

bool same_shape(const Expression& a, const Expression& b) {
  if (&a == &b) return true;
  if (a.op != b.op || a.names != b.names || a.args.size() != b.args.size()) return false;
  if (a.op == Op::literal) return a.value == b.value;
  if (a.op == Op::variable) return a.variable == b.variable;
  if (a.op == Op::call && a.function != b.function) return false;
  return std::equal(a.args.begin(), a.args.end(), b.args.begin(), same_shape);
}

}  // namespace weir::cedar
