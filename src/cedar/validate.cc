#include "cedar/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/level.h"
#include "cedar/text.h"
#include "cedar/typecheck.h"

namespace weir::cedar {
namespace {

bool is_action_type(std::string_view type) {
  return base_name(type) == "Action";
}

// What one run over many policies needs again and again.
class Validator {
 public:
  Validator(const Schema& schema, const ValidationOptions& options)
      : schema_(schema), options_(options), hierarchy_(schema), environments_(schema.environments()) {}

  void policy(const Policy& policy, ValidationResult& out) {
    policy_ = &policy;
    found_.clear();
    seen_.clear();
    names();
    const bool applies = applies_somewhere();
    const bool possible = types();
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Diagnostic& a, const Diagnostic& b) { return a.span.begin < b.span.begin; });
    if (!applies)
      out.warnings.push_back({policy.id,
                              "unable to find an applicable action given the policy scope constraints",
                              application_help(), policy.span});
    if (!possible)
      out.warnings.push_back(
          {policy.id,
           "policy is impossible: the policy expression evaluates to false for all valid requests",
           {},
           policy.span});
    std::move(found_.begin(), found_.end(), std::back_inserter(out.errors));
  }

 private:
  void report(std::string message, std::string help, Span span) {
    if (found_.size() >= limits::kCedarDiagnosticsMax) return;
    if (!seen_.insert(fmt::format("{} {} {}", span.begin, span.end, message)).second) return;
    found_.push_back({policy_->id, std::move(message), std::move(help), span});
  }

  // Names of entity types, actions and enumerated entities.
  void names() {
    for (const Scope* scope : {&policy_->principal, &policy_->action, &policy_->resource}) {
      if (!scope->entity_type.empty()) type_name(scope->entity_type, policy_->span);
      for (const auto& uid : scope->entities)
        entity(uid, policy_->span);
    }
    for (const auto& condition : policy_->conditions)
      names_in(condition.body);
  }

  void names_in(const Expression& e) {
    if (e.op == Op::is || e.op == Op::is_in) type_name(e.names.front(), e.span);
    if (e.op == Op::literal)
      if (const EntityUid* uid = e.value.get_if<EntityUid>()) entity(*uid, e.span);
    for (const auto& arg : e.args)
      names_in(arg);
  }

  void type_name(const std::string& type, Span span) {
    if (is_action_type(type) || schema_.entity_type(type) != nullptr) return;
    std::vector<std::string> known;
    for (const auto& [name, declared] : schema_.entity_types())
      known.push_back(name);
    const std::string suggestion = closest_name(type, known);
    report(fmt::format("unrecognized entity type `{}`", printable(type, 200)),
           suggestion.empty() ? "" : fmt::format("did you mean `{}`?", suggestion), span);
  }

  void entity(const EntityUid& uid, Span span) {
    type_name(uid.type(), span);
    if (is_action_type(uid.type())) {
      if (schema_.action(uid) == nullptr)
        report(fmt::format("unrecognized action `{}`", printable(uid.text(), 300)), action_help(uid), span);
      return;
    }
    const EntityDeclaration* declared = schema_.entity_type(uid.type());
    if (declared == nullptr || declared->choices.empty()) return;
    if (std::find(declared->choices.begin(), declared->choices.end(), uid.id()) != declared->choices.end())
      return;
    report(enum_message(uid), enum_help(*declared), span);
  }

  std::string action_help(const EntityUid& uid) const {
    std::vector<std::string> known;
    for (const auto& [action, declared] : schema_.actions()) {
      if (action.id().find("Action::" + uid.id()) != std::string::npos ||
          action.id().find("Action::\"" + uid.id() + "\"") != std::string::npos)
        return fmt::format("did you intend to include the type in action `{}`?", action.text());
      known.push_back(action.text());
    }
    const std::string suggestion = closest_name(uid.id(), known);
    return suggestion.empty() ? std::string() : fmt::format("did you mean `{}`?", suggestion);
  }

  // The entity types that a scope admits; nullopt for all.
  bool admits(const Scope& scope, const std::string& type) const {
    switch (scope.kind) {
      case Scope::Kind::any:
        return true;
      case Scope::Kind::equal:
        return scope.slot || scope.entities.front().type() == type;
      case Scope::Kind::in:
        return scope.slot || hierarchy_.type_may_be_in(type, scope.entities.front().type());
      case Scope::Kind::is:
        return scope.entity_type == type;
      case Scope::Kind::is_in:
        return scope.entity_type == type &&
               (scope.slot || hierarchy_.type_may_be_in(type, scope.entities.front().type()));
      case Scope::Kind::in_any:
        return true;
    }
    return true;
  }

  bool admits_action(const EntityUid& action) const {
    const Scope& scope = policy_->action;
    if (scope.kind == Scope::Kind::any) return true;
    if (scope.kind == Scope::Kind::equal) return scope.entities.front() == action;
    // As in Cedar, a group that is not declared makes the whole list unknown.
    if (std::any_of(scope.entities.begin(), scope.entities.end(),
                    [&](const EntityUid& group) { return schema_.action(group) == nullptr; }))
      return false;
    return std::any_of(scope.entities.begin(), scope.entities.end(),
                       [&](const EntityUid& group) { return hierarchy_.action_is_in(action, group); });
  }

  // Whether the typechecker would find the scope false before it looks at anything else. It does not for an
  // entity that the schema does not know.
  bool excludes(const Scope& scope, const std::string& type) const {
    if (admits(scope, type)) return false;
    if (scope.entities.empty() || (scope.kind == Scope::Kind::is_in && scope.entity_type != type))
      return true;
    const EntityUid& uid = scope.entities.front();
    return is_action_type(uid.type()) ? schema_.action(uid) != nullptr
                                      : schema_.entity_type(uid.type()) != nullptr;
  }

  bool applies_somewhere() const {
    return std::any_of(
        environments_.begin(), environments_.end(), [&](const RequestEnvironment& environment) {
          return admits_action(environment.action) && admits(policy_->principal, environment.principal) &&
                 admits(policy_->resource, environment.resource);
        });
  }

  // Whether `in` instead of `==` would make the policy apply.
  bool in_would_help(const Scope& scope, bool principal) const {
    if (scope.kind != Scope::Kind::equal || scope.slot) return false;
    const std::string& type = scope.entities.front().type();
    bool below = false;
    for (const auto& [uid, action] : schema_.actions()) {
      if (!admits_action(uid)) continue;
      for (const auto& candidate : principal ? action.principals : action.resources) {
        if (candidate == type) return false;
        below = below || hierarchy_.type_may_be_in(candidate, type);
      }
    }
    return below;
  }

  std::string application_help() const {
    const bool principal = in_would_help(policy_->principal, true);
    const bool resource = in_would_help(policy_->resource, false);
    if (principal && resource)
      return "try replacing `==` with `in` in the principal clause and the resource clause";
    if (principal) return "try replacing `==` with `in` in the principal clause";
    return resource ? "try replacing `==` with `in` in the resource clause" : "";
  }

  // The types that a slot may have where the variable has type `type`; "" alone where there is no slot.
  std::vector<std::string> slot_types(const Scope& scope, const std::string& type) const {
    if (!scope.slot) return {""};
    if (scope.kind == Scope::Kind::equal) return {type};
    std::vector<std::string> out;
    for (const auto& [name, declared] : schema_.entity_types())
      if (hierarchy_.type_may_be_in(type, name)) out.push_back(name);
    return out;
  }

  // Checks the types in every environment. False when the policy can apply in none.
  bool types() {
    const bool is_template = policy_->is_template();
    const auto shared = is_template ? Result<Expression>(Expression{}) : core_condition(*policy_);
    if (!shared) return too_large(shared.error());
    bool possible = false;
    for (const auto& environment : environments_) {
      if (excludes(policy_->principal, environment.principal)) continue;
      if (!is_template) {
        possible = types_in(*shared, environment) || possible;
        continue;
      }
      for (const auto& principal : slot_types(policy_->principal, environment.principal))
        for (const auto& resource : slot_types(policy_->resource, environment.resource)) {
          const auto linked = core_condition(*policy_, {principal, resource});
          if (!linked) return too_large(linked.error());
          possible = types_in(*linked, environment) || possible;
        }
    }
    return possible;
  }

  bool types_in(const Expression& condition, const RequestEnvironment& environment) {
    Typing typing = typecheck(condition, schema_, hierarchy_, environment);
    for (auto& error : typing.errors)
      report(std::move(error.message), std::move(error.help), error.span);
    // As in Cedar: where types are right, or do not matter because the policy does not apply.
    if (options_.level && (typing.succeeded || typing.always_false))
      for (auto& error : check_level(typing.typed, environment, *options_.level))
        report(std::move(error.message), std::move(error.help), error.span);
    return !typing.always_false;
  }

  bool too_large(const Error& error) {
    report(error.what, error.hint, policy_->span);
    return true;
  }

  static std::string enum_message(const EntityUid& uid) {
    return fmt::format("entity `{}` is of an enumerated entity type, but `{}` is not declared as a valid eid",
                       printable(uid.text(), 300), printable(quoted(uid.id()), 200));
  }
  static std::string enum_help(const EntityDeclaration& declared) {
    std::string list;
    constexpr std::size_t kShownMax = 20;
    for (std::size_t i = 0; i < std::min(declared.choices.size(), kShownMax); ++i)
      list += fmt::format("{}{}", i == 0 ? "" : ", ", printable(quoted(declared.choices[i]), 60));
    if (declared.choices.size() > kShownMax) list += ", ..";
    return "valid entity eids: " + list;
  }

  const Schema& schema_;
  ValidationOptions options_;
  Hierarchy hierarchy_;
  std::vector<RequestEnvironment> environments_;
  const Policy* policy_ = nullptr;
  std::vector<Diagnostic> found_;
  std::set<std::string> seen_;
};

}  // namespace

ValidationResult validate(const PolicySet& policies, const Schema& schema, const ValidationOptions& options) {
  ValidationResult out;
  Validator validator(schema, options);
  for (const auto list : {policies.policies(), policies.templates()})
    for (const auto& policy : list)
      validator.policy(policy, out);
  return out;
}

}  // namespace weir::cedar
