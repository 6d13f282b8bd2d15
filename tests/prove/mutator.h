// Seeded changes of a set of policies, of the kinds that careless or malicious edits make.
//
//   Mutator mutator(policies, 6);
//   if (const auto mutant = mutator.draw(Mutator::Kind::drop_conjunct)) try(mutant->policies, mutant->what);
//
// One policy is changed as a tree, the whole is printed and parsed again, so that a mutant is a text that
// somebody could have written. It need not validate: that is for who draws it to see.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "cedar/policy_set.h"
#include "cedar/policy_text.h"
#include "event/decision.h"

namespace weir::prove::testing_support {

struct Mutant {
  std::string what;  // "drop_conjunct in files.system: forbid(…) …"
  std::string text;  // of the whole set
  cedar::PolicySet policies;
  std::optional<cedar::Policy> before;  // the policy that was changed
  std::optional<cedar::Policy> after;   // nullopt: it was dropped
};

class Mutator {
 public:
  enum class Kind : std::uint8_t {
    drop_conjunct,
    drop_disjunct,
    negate,
    widen_like,
    drop_policy,
    swap_effect,
    change_number,
    change_text,
    change_entity,
    drop_clause,
    narrow_scope,
    widen_scope,
    drop_element,
    weaken_decision,
    observe_only,
    swap_logic,
    add_conjunct,
  };
  static constexpr std::size_t kKinds = 17;
  static std::string_view name(Kind kind) {
    static constexpr std::string_view kNames[kKinds] = {
        "drop a conjunct",   "drop a disjunct", "negate",          "widen like",       "drop a policy",
        "forbid to permit",  "change a number", "change a text",   "change an entity", "drop when or unless",
        "narrow a scope",    "widen a scope",   "drop an element", "weaken @decision", "@mode observe",
        "&& to || and back", "add a conjunct"};
    return kNames[static_cast<std::size_t>(kind)];
  }

  Mutator(const cedar::PolicySet& policies, std::uint32_t seed)
      : originals_(policies.policies().begin(), policies.policies().end()), random_(seed) {}

  // nullopt when the policy that was drawn has no place for such a change, or the result does not parse.
  std::optional<Mutant> draw(Kind kind) {
    const std::size_t at = pick(originals_.size());
    Mutant out;
    out.before = originals_[at];
    cedar::Policy changed = originals_[at];
    if (kind != Kind::drop_policy) {
      if (!change(changed, kind)) return std::nullopt;
      out.after = changed;
    }
    for (std::size_t i = 0; i < originals_.size(); ++i) {
      if (i == at && !out.after) continue;
      const auto text = cedar::policy_text(i == at ? *out.after : originals_[i]);
      if (!text) return std::nullopt;
      out.text += *text + "\n";
    }
    auto parsed = cedar::PolicySet::parse(out.text, "mutant.cedar");
    if (!parsed) return std::nullopt;
    out.policies = *std::move(parsed);
    if (out.after) out.after = *out.policies.find(out.before->id);
    out.what = fmt::format("{} in {}: {}", name(kind), out.before->id,
                           out.after ? cedar::policy_text(*out.after).value_or("") : "gone");
    return out;
  }

 private:
  using Expression = cedar::Expression;
  using Op = cedar::Op;

  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  template <class T>
  T* any(std::vector<T*> list) {
    return list.empty() ? nullptr : list[pick(list.size())];
  }

  static void collect(Expression& at, const std::function<bool(const Expression&)>& wanted,
                      std::vector<Expression*>& out) {
    if (wanted(at)) out.push_back(&at);
    for (auto& arg : at.args)
      collect(arg, wanted, out);
  }
  Expression* any(cedar::Policy& policy, const std::function<bool(const Expression&)>& wanted) {
    std::vector<Expression*> out;
    for (auto& condition : policy.conditions)
      collect(condition.body, wanted, out);
    return any(std::move(out));
  }

  bool change(cedar::Policy& policy, Kind kind) {
    switch (kind) {
      case Kind::drop_conjunct:
        return drop_arg(any(policy, [](const auto& e) { return e.op == Op::and_; }));
      case Kind::drop_disjunct:
        return drop_arg(any(policy, [](const auto& e) { return e.op == Op::or_; }));
      case Kind::drop_element:
        return drop_element(policy);
      case Kind::negate:
        return negate(any(policy, [](const auto& e) { return is_test(e.op); }));
      case Kind::widen_like:
        return widen_like(any(policy, [](const auto& e) { return e.op == Op::like; }));
      case Kind::change_number:
        return change_literal<std::int64_t>(policy);
      case Kind::change_text:
        return change_literal<std::string>(policy);
      case Kind::change_entity:
        return change_entity(policy);
      case Kind::drop_clause:
        if (policy.conditions.empty()) return false;
        policy.conditions.erase(policy.conditions.begin() +
                                static_cast<std::ptrdiff_t>(pick(policy.conditions.size())));
        return true;
      case Kind::narrow_scope:
        return narrow(policy);
      case Kind::widen_scope:
        return widen(policy);
      case Kind::swap_effect:
        return swap_effect(policy);
      case Kind::weaken_decision:
        return weaken(policy);
      case Kind::observe_only:
        policy.annotations.emplace_back("mode", "observe");
        return true;
      case Kind::swap_logic:
        return swap_logic(any(policy, [](const auto& e) { return e.op == Op::and_ || e.op == Op::or_; }));
      case Kind::add_conjunct:
        return add_conjunct(policy);
      case Kind::drop_policy:
        break;
    }
    return false;
  }

  static bool is_test(Op op) {
    return op == Op::contains || op == Op::in || op == Op::equal || op == Op::like || op == Op::greater ||
           op == Op::not_ || op == Op::attribute || op == Op::contains_all || op == Op::contains_any;
  }

  bool drop_arg(Expression* at) {
    if (at == nullptr) return false;
    at->args.erase(at->args.begin() + static_cast<std::ptrdiff_t>(pick(at->args.size())));
    if (at->args.size() == 1) {
      Expression only = std::move(at->args.front());
      *at = std::move(only);
    }
    return true;
  }

  // Of a list in a condition, or of the actions of a scope.
  bool drop_element(cedar::Policy& policy) {
    Expression* set = any(policy, [](const auto& e) { return e.op == Op::set && e.args.size() > 1; });
    if (set != nullptr) return drop_from(set->args);
    return policy.action.entities.size() > 1 && drop_from(policy.action.entities);
  }
  template <class T>
  bool drop_from(std::vector<T>& list) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(pick(list.size())));
    return true;
  }

  static bool negate(Expression* at) {
    if (at == nullptr) return false;
    Expression inner = std::move(*at);
    *at = Expression();
    if (inner.op == Op::not_) {
      Expression bare = std::move(inner.args.front());
      *at = std::move(bare);
      return true;
    }
    at->op = Op::not_;
    at->args.push_back(std::move(inner));
    return true;
  }

  bool widen_like(Expression* at) {
    if (at == nullptr) return false;
    at->names.insert(pick(2) == 0 ? at->names.begin() : at->names.end(), "");
    return true;
  }

  template <class T>
  bool change_literal(cedar::Policy& policy) {
    Expression* at =
        any(policy, [](const auto& e) { return e.op == Op::literal && e.value.template get_if<T>(); });
    if (at == nullptr) return false;
    if (const auto* number = at->value.get_if<std::int64_t>()) {
      constexpr std::int64_t kSteps[] = {1, -1, 100, 100'000};
      at->value = cedar::Value(*number + kSteps[pick(std::size(kSteps))]);
    } else {
      at->value = cedar::Value(*at->value.get_if<std::string>() + "x");
    }
    return true;
  }

  // In a condition or, as often, in the scope.
  bool change_entity(cedar::Policy& policy) {
    Expression* at = any(policy, [](const auto& e) {
      return e.op == Op::literal && e.value.template get_if<cedar::EntityUid>();
    });
    std::vector<cedar::Scope*> scopes;
    for (auto* scope : {&policy.principal, &policy.resource})
      if (!scope->entities.empty()) scopes.push_back(scope);
    if (at != nullptr && (scopes.empty() || pick(2) == 0)) {
      const auto& uid = *at->value.get_if<cedar::EntityUid>();
      at->value = cedar::Value(cedar::EntityUid(uid.type(), uid.id() + "-x"));
      return true;
    }
    cedar::Scope* scope = any(std::move(scopes));
    if (scope == nullptr) return false;
    auto& uid = scope->entities.front();
    uid = cedar::EntityUid(uid.type(), uid.id() + "-x");
    return true;
  }

  bool narrow(cedar::Policy& policy) {
    if (policy.principal.kind != cedar::Scope::Kind::any) return false;
    cedar::Scope& scope = policy.principal;
    switch (pick(3)) {
      case 0:
        scope.kind = cedar::Scope::Kind::is;
        scope.entity_type = "SubAgent";
        return true;
      case 1:
        scope.kind = cedar::Scope::Kind::equal;
        scope.entities = {cedar::EntityUid("Agent", "claude-code")};
        return true;
      default:
        scope.kind = cedar::Scope::Kind::in;
        scope.entities = {cedar::EntityUid("User", "ann")};
        return true;
    }
  }

  bool widen(cedar::Policy& policy) {
    std::vector<cedar::Scope*> scopes;
    for (auto* scope : {&policy.principal, &policy.action, &policy.resource})
      if (scope->kind != cedar::Scope::Kind::any) scopes.push_back(scope);
    cedar::Scope* scope = any(std::move(scopes));
    if (scope == nullptr) return false;
    *scope = cedar::Scope();
    return true;
  }

  static void drop_annotation(cedar::Policy& policy, std::string_view name) {
    std::erase_if(policy.annotations, [&](const auto& one) { return one.first == name; });
  }

  bool swap_effect(cedar::Policy& policy) {
    const bool forbids = policy.effect == cedar::Effect::forbid;
    policy.effect = forbids ? cedar::Effect::permit : cedar::Effect::forbid;
    for (const char* name : {"decision", "rewrite", "advice", "approvals"})
      drop_annotation(policy, name);
    return true;
  }

  // To any weaker verdict that a forbid may have; a rewrite or advice goes with the verdict it belongs to.
  bool weaken(cedar::Policy& policy) {
    using event::Verdict;
    if (policy.effect != cedar::Effect::forbid) return false;
    const std::string* now = policy.annotation("decision");
    const Verdict verdict =
        now == nullptr ? Verdict::deny : event::verdict_from(*now).value_or(Verdict::deny);
    std::vector<Verdict> weaker;
    for (const Verdict candidate : {Verdict::warn, Verdict::ask, Verdict::guide})
      if (candidate < verdict) weaker.push_back(candidate);
    if (weaker.empty()) return false;
    const Verdict then = weaker[pick(weaker.size())];
    for (const char* name : {"decision", "rewrite", "advice", "approvals"})
      drop_annotation(policy, name);
    policy.annotations.emplace_back("decision", std::string(event::name(then)));
    return true;
  }

  static bool swap_logic(Expression* at) {
    if (at == nullptr) return false;
    at->op = at->op == Op::and_ ? Op::or_ : Op::and_;
    return true;
  }

  bool add_conjunct(cedar::Policy& policy) {
    static const char* const kMore[] = {"context.sub_agent", "context.session.calls > 100",
                                        "context.agent == \"codex\"",
                                        "!context.findings.classes.contains(\"injection\")"};
    const auto read = cedar::PolicySet::parse(
        fmt::format("permit(principal, action, resource) when {{ {} }};", kMore[pick(std::size(kMore))]));
    policy.conditions.push_back(read->policies()[0].conditions[0]);
    return true;
  }

  std::vector<cedar::Policy> originals_;
  std::mt19937 random_;
};

}  // namespace weir::prove::testing_support
