// A small domain of requests that is complete for what policies ask: for one request environment, every
// attribute that a policy reads with values on both sides of each comparison that a policy makes.
//
//   Domain domain(schema, environment);
//   const auto core = domain.read(policy);          // the dimensions that this policy's outcome depends on
//   domain.read(other);
//   domain.visit(core, pairs, [](const Example& request) { …; return true; });
//
// A number that is compared with n is n-1, n and n+1, one that is calculated with is at the ends of its range
// and about zero. A text that is compared, matched or looked up is each of those texts, an instance of each
// pattern with and without something at its stars, and one that nobody names. A set has or lacks each element
// that is asked for, and one that is not. An entity is each one that is named, and another, and is or is not
// below each one that is named. What is optional is there or not.
// Made from the policies alone: nothing here knows the solver or its encoding.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "event/decision.h"
#include "prove/example.h"

namespace weir::prove::testing_support {

using Dimensions = std::vector<std::size_t>;

class Domain {
 public:
  static constexpr std::size_t kProductMax = 50'000;  // of the core; more fails the test that asked

  Domain(const cedar::Schema& schema, const cedar::RequestEnvironment& environment)
      : schema_(schema), environment_(environment) {}

  bool applies(const cedar::Policy& policy) const {
    return scope_may(policy.principal, environment_.principal) &&
           scope_may(policy.resource, environment_.resource) && action_may(policy.action);
  }

  // What the policy reads here, added to what was read before.
  Dimensions read(const cedar::Policy& policy) {
    read_.clear();
    read_scope(policy.principal, "principal", environment_.principal);
    read_scope(policy.resource, "resource", environment_.resource);
    for (const auto& condition : policy.conditions)
      read(condition.body);
    std::sort(read_.begin(), read_.end());
    read_.erase(std::unique(read_.begin(), read_.end()), read_.end());
    return read_;
  }

  // Every combination of the core, each of them with everything else plain, with one other dimension
  // changed, and with `pairs` with every two. Ends when the visitor returns false. Returns how many it saw.
  std::size_t visit(const Dimensions& core, bool pairs,
                    const std::function<bool(const Example&)>& visitor) const {
    std::size_t product = 1, seen = 0;
    for (const std::size_t at : core)
      product *= std::min(choices(at), kProductMax);
    EXPECT_LE(product, kProductMax) << "the domain of this policy is too large to be searched";
    if (product > kProductMax) return 0;
    Dimensions others;
    for (std::size_t at = 0; at < dimensions_.size(); ++at)
      if (std::find(core.begin(), core.end(), at) == core.end()) others.push_back(at);
    std::vector<std::size_t> choice(dimensions_.size(), 0);
    const auto see = [&] {
      ++seen;
      return visitor(example(choice));
    };
    for (std::size_t number = 0; number < product; ++number) {
      std::size_t rest = number;
      for (const std::size_t at : core) {
        choice[at] = rest % choices(at);
        rest /= choices(at);
      }
      if (!see() || !deviate(others, 0, pairs ? 2 : 1, choice, see)) break;
    }
    return seen;
  }

 private:
  // One thing about a request that can be one way or another; choice 0 is the plain one.
  struct Dimension {
    std::string path;                   // "resource.name", "context.flags", "principal"
    bool optional = false;              // choice 0 is: not there
    std::vector<cedar::Value> values;   // of an attribute, or uids
    std::optional<cedar::Value> below;  // instead: whether this is an element or an ancestor
  };
  struct Place {
    std::string path;
    const cedar::SchemaType* type = nullptr;  // nullptr: principal, action, resource themselves
    bool optional = false;
  };

  std::size_t choices(std::size_t at) const {
    const Dimension& dimension = dimensions_[at];
    return dimension.below ? 2 : dimension.values.size() + (dimension.optional ? 1 : 0);
  }

  bool deviate(const Dimensions& others, std::size_t from, int depth, std::vector<std::size_t>& choice,
               const std::function<bool()>& see) const {
    for (std::size_t i = from; i < others.size(); ++i) {
      for (std::size_t value = 1; value < choices(others[i]); ++value) {
        choice[others[i]] = value;
        if (!see() || (depth > 1 && !deviate(others, i + 1, depth - 1, choice, see))) return false;
      }
      choice[others[i]] = 0;
    }
    return true;
  }

  // --- what a scope admits ---------------------------------------------------------------------------

  bool scope_may(const cedar::Scope& scope, const std::string& type) const {
    using Kind = cedar::Scope::Kind;
    if ((scope.kind == Kind::is || scope.kind == Kind::is_in) && scope.entity_type != type) return false;
    if (scope.kind == Kind::equal) return scope.entities[0].type() == type;
    if (scope.kind == Kind::in || scope.kind == Kind::is_in)
      return schema_.type_may_be_in(type, scope.entities[0].type());
    return true;
  }
  bool action_may(const cedar::Scope& scope) const {
    if (scope.kind == cedar::Scope::Kind::any) return true;
    return std::any_of(scope.entities.begin(), scope.entities.end(), [&](const cedar::EntityUid& uid) {
      return scope.kind == cedar::Scope::Kind::equal ? uid == environment_.action
                                                     : schema_.action_is_in(environment_.action, uid);
    });
  }

  // --- what is read ----------------------------------------------------------------------------------

  void read_scope(const cedar::Scope& scope, const std::string& name, const std::string& type) {
    for (const auto& uid : scope.entities)
      named(name, type, uid, scope.kind == cedar::Scope::Kind::equal);
  }

  void named(const std::string& name, const std::string& type, const cedar::EntityUid& uid, bool equal) {
    if (name == "action") return;  // the environment's own
    if (uid.type() == type) add_value({name, nullptr, false}, cedar::Value(uid));
    if (!equal && schema_.type_may_be_in(type, uid.type())) add_below(name, cedar::Value(uid));
  }

  void read(const cedar::Expression& at) {
    using cedar::Op;
    switch (at.op) {
      case Op::attribute:
        if (const auto place = place_of(at)) return touch(*place);
        break;
      case Op::add:
      case Op::subtract:
      case Op::multiply:
      case Op::negate:
        for (const auto& arg : at.args)
          read_operand(arg);
        return;
      case Op::has:
        return read_has(at);
      case Op::equal:
      case Op::not_equal:
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal:
        if (compare(at.args[0], at.args[1]) || compare(at.args[1], at.args[0])) return;
        break;
      case Op::contains:
      case Op::contains_all:
      case Op::contains_any:
        if (elements(at.args[0], at.args[1]) || elements(at.args[1], at.args[0])) return;
        break;
      case Op::in:
      case Op::is_in:
        return read_in(at);
      case Op::like:
        if (const auto place = place_of(at.args[0])) return read_like(*place, at.names);
        break;
      case Op::is_empty:
        if (const auto place = place_of(at.args[0])) return touch(*place);
        break;
      default:
        break;
    }
    for (const auto& arg : at.args)
      read(arg);
  }

  void read_has(const cedar::Expression& at) {
    auto place = place_of(at.args[0]);
    for (std::size_t i = 0; place && i < at.names.size(); ++i)
      place = attribute_of(*place, at.names[i]);
    if (place) return touch(*place);
    ADD_FAILURE() << "the domain does not understand this `has`";
  }

  bool compare(const cedar::Expression& side, const cedar::Expression& other) {
    const auto place = place_of(side);
    if (!place || !other.constant) return false;
    if (const auto* uid = other.value.get_if<cedar::EntityUid>(); uid != nullptr && place->type == nullptr) {
      named(place->path, type_at(place->path), *uid, true);
      return true;
    }
    const auto* number = other.value.get_if<std::int64_t>();
    if (number != nullptr) {
      constexpr auto kLimits = std::numeric_limits<std::int64_t>();
      if (*number > kLimits.min()) add_value(*place, cedar::Value(*number - 1));
      if (*number < kLimits.max()) add_value(*place, cedar::Value(*number + 1));
    }
    add_value(*place, other.value);
    return true;
  }

  // What is calculated with is tried where that overflows, too.
  void read_operand(const cedar::Expression& at) {
    const auto place = place_of(at);
    if (!place) return read(at);
    constexpr auto kLimits = std::numeric_limits<std::int64_t>();
    for (const std::int64_t number : {std::int64_t{1}, std::int64_t{-1}, kLimits.min(), kLimits.max()})
      add_value(*place, cedar::Value(number));
  }

  // set.contains(constant), [constants].contains(text), set.containsAny([constants]) …
  bool elements(const cedar::Expression& side, const cedar::Expression& other) {
    const auto place = place_of(side);
    if (!place || !other.constant || place->type == nullptr) return false;
    std::vector<cedar::Value> values{other.value};
    if (const auto* set = other.value.get_if<cedar::Set>()) values = set->elements();
    for (const auto& value : values)
      if (place->type->kind == cedar::SchemaType::Kind::set)
        add_below(place->path, value);
      else
        add_value(*place, value);
    touch(*place);
    return true;
  }

  void read_in(const cedar::Expression& at) {
    const auto place = place_of(at.args[0]);
    const auto& right = at.args[1];
    if (!place || place->type != nullptr || !right.constant) {
      ADD_FAILURE() << "the domain does not understand this `in`";
      return;
    }
    std::vector<cedar::Value> values{right.value};
    if (const auto* set = right.value.get_if<cedar::Set>()) values = set->elements();
    for (const auto& value : values)
      named(place->path, type_at(place->path), *value.get_if<cedar::EntityUid>(), false);
  }

  void read_like(const Place& place, const std::vector<std::string>& parts) {
    std::string bare, filled;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      bare += parts[i];
      filled += (i == 0 ? "" : "x") + parts[i];
    }
    add_value(place, cedar::Value(bare));
    add_value(place, cedar::Value(filled));
  }

  // --- places ----------------------------------------------------------------------------------------

  const std::string& type_at(const std::string& path) const {
    return path == "principal" ? environment_.principal : environment_.resource;
  }

  std::optional<Place> place_of(const cedar::Expression& at) const {
    if (at.op == cedar::Op::variable) {
      const std::string path(cedar::name(at.variable));
      return Place{path, path == "context" ? schema_.action(environment_.action)->context.get() : nullptr};
    }
    if (at.op != cedar::Op::attribute) return std::nullopt;
    const auto base = place_of(at.args[0]);
    return base ? attribute_of(*base, at.names[0]) : std::nullopt;
  }

  std::optional<Place> attribute_of(const Place& base, const std::string& name) const {
    const cedar::SchemaType* record = base.type;
    if (record == nullptr) record = schema_.entity_type(type_at(base.path))->attributes.get();
    for (const auto& attribute : record->attributes)
      if (attribute.name == name)
        return Place{base.path + "." + name, attribute.type.get(), !attribute.required};
    return std::nullopt;
  }

  // --- dimensions ------------------------------------------------------------------------------------

  Dimension& at_path(const std::string& key, Dimension made) {
    const auto [at, added] = by_key_.try_emplace(key, dimensions_.size());
    if (added) dimensions_.push_back(std::move(made));
    read_.push_back(at->second);
    return dimensions_[at->second];
  }

  void add_below(const std::string& path, const cedar::Value& value) {
    at_path(path + " < " + value.text(), {path, false, {}, value});
  }

  // The attribute itself, with its plain value, and for a flag with both.
  Dimension* attribute(const Place& place) {
    using Kind = cedar::SchemaType::Kind;
    if (place.type == nullptr)
      return &at_path(place.path, {place.path, false, {cedar::Value(any(place.path))}, {}});
    Dimension made{place.path, place.optional, {}, {}};
    switch (place.type->kind) {
      case Kind::boolean:
        made.values = {cedar::Value(false), cedar::Value(true)};
        break;
      case Kind::integer:
        made.values = {cedar::Value(std::int64_t{0})};
        break;
      case Kind::string:
        made.values = {cedar::Value(kOther)};
        break;
      case Kind::set:  // an element that nobody names
        add_below(place.path, plain(*place.type->element));
        return nullptr;
      default:
        ADD_FAILURE() << "the domain does not understand the type of " << place.path;
        return nullptr;
    }
    return &at_path(place.path, std::move(made));
  }
  void touch(const Place& place) {
    if (place.type != nullptr && place.type->kind == cedar::SchemaType::Kind::record) return;
    attribute(place);
  }
  void add_value(const Place& place, const cedar::Value& value) {
    Dimension* dimension = attribute(place);
    if (dimension == nullptr) return;
    auto& values = dimension->values;
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }

  // --- requests --------------------------------------------------------------------------------------

  cedar::EntityUid any(const std::string& path) const { return {type_at(path), "any-" + path}; }

  static cedar::Value plain(const cedar::SchemaType& type) {
    using Kind = cedar::SchemaType::Kind;
    if (type.kind == Kind::boolean) return cedar::Value(false);
    if (type.kind == Kind::integer) return cedar::Value(std::int64_t{0});
    if (type.kind == Kind::set) return cedar::Value(cedar::Set());
    if (type.kind == Kind::entity) return cedar::Value(cedar::EntityUid(type.name, kOther));
    return cedar::Value(kOther);
  }

  // What was chosen, by path.
  struct Chosen {
    std::map<std::string, std::optional<cedar::Value>> values;  // nullopt: not there
    std::map<std::string, std::vector<cedar::Value>> below;
  };
  Chosen chosen(const std::vector<std::size_t>& choice) const {
    Chosen out;
    for (std::size_t i = 0; i < choice.size(); ++i) {
      const Dimension& dimension = dimensions_[i];
      if (dimension.below) {
        if (choice[i] == 1) out.below[dimension.path].push_back(*dimension.below);
      } else if (dimension.optional && choice[i] == 0) {
        out.values.emplace(dimension.path, std::nullopt);
      } else {
        out.values.emplace(dimension.path, dimension.values[choice[i] - (dimension.optional ? 1 : 0)]);
      }
    }
    return out;
  }

  static cedar::Record record(const cedar::SchemaType& type, const std::string& path, const Chosen& chosen) {
    std::vector<cedar::Record::Field> fields;
    for (const auto& attribute : type.attributes) {
      const std::string inner = path + "." + attribute.name;
      const auto value = chosen.values.find(inner);
      const auto below = chosen.below.find(inner);
      if (attribute.type->kind == cedar::SchemaType::Kind::record)
        fields.emplace_back(attribute.name, cedar::Value(record(*attribute.type, inner, chosen)));
      else if (value != chosen.values.end() && value->second)
        fields.emplace_back(attribute.name, *value->second);
      else if (below != chosen.below.end())
        fields.emplace_back(attribute.name, cedar::Value(cedar::Set(below->second)));
      else if (attribute.required)
        fields.emplace_back(attribute.name, plain(*attribute.type));
    }
    return cedar::Record(std::move(fields));
  }

  cedar::Entity entity(const std::string& path, const Chosen& chosen) const {
    const auto uid = chosen.values.find(path);
    cedar::Entity out{
        uid == chosen.values.end() ? any(path) : *uid->second->get_if<cedar::EntityUid>(), {}, {}, {}};
    out.attributes = record(*schema_.entity_type(type_at(path))->attributes, path, chosen);
    if (const auto above = chosen.below.find(path); above != chosen.below.end())
      for (const auto& value : above->second)
        if (const auto* parent = value.get_if<cedar::EntityUid>(); *parent != out.uid)
          out.parents.push_back(*parent);
    return out;
  }

  Example example(const std::vector<std::size_t>& choice) const {
    const Chosen what = chosen(choice);
    std::vector<cedar::Entity> list{entity("principal", what), entity("resource", what)};
    const cedar::EntityUid principal = list[0].uid, resource = list[1].uid;
    if (principal == resource) list.pop_back();
    cedar::Entity action{environment_.action, {}, {}, {}};
    for (const auto& [group, declaration] : schema_.actions())
      if (group != environment_.action && schema_.action_is_in(environment_.action, group))
        action.parents.push_back(group);
    list.push_back(std::move(action));
    const auto* declared = schema_.action(environment_.action);
    auto store = cedar::Entities::make(std::move(list));
    EXPECT_TRUE(store) << store.error().message();
    return {
        cedar::Request(principal, environment_.action, resource, record(*declared->context, "context", what)),
        store ? *store : cedar::Entities()};
  }

  static constexpr const char* kOther = "another";

  const cedar::Schema& schema_;
  cedar::RequestEnvironment environment_;
  std::vector<Dimension> dimensions_;
  std::map<std::string, std::size_t> by_key_;
  Dimensions read_;  // by the policy that is being read
};

// What the guard answers, as docs/policies.md has it and written down a second time: the strongest verdict of
// the policies that match, ask by two above ask by one. Higher is stronger.
inline double guard_answer(const cedar::PolicySet& policies, const Example& example) {
  using event::Verdict;
  const auto response = cedar::authorize(policies, example.request, example.entities);
  const auto annotation = [](const cedar::Policy& policy, const char* name) {
    const std::string* value = policy.annotation(name);
    return value == nullptr ? std::string() : *value;
  };
  const auto observes = [&](const cedar::Policy& policy) { return annotation(policy, "mode") == "observe"; };
  double answer = static_cast<double>(Verdict::allow);
  const auto object = [&](Verdict verdict, bool two) {
    answer = std::max(answer, static_cast<double>(verdict) + (two && verdict == Verdict::ask ? 0.5 : 0.0));
  };
  bool permitted = false;
  for (const auto* permit : response.satisfied_permits) {
    if (observes(*permit)) continue;
    permitted = true;
    if (annotation(*permit, "decision") == "warn") object(Verdict::warn, false);
  }
  for (const auto* forbid : response.satisfied_forbids)
    if (!observes(*forbid))
      object(event::verdict_from(annotation(*forbid, "decision")).value_or(Verdict::deny),
             annotation(*forbid, "approvals") == "2");
  for (const auto& error : response.errors)
    if (error.policy->effect == cedar::Effect::forbid && !observes(*error.policy))
      object(Verdict::deny, false);
  if (!permitted) object(Verdict::deny, false);
  return answer;
}

}  // namespace weir::prove::testing_support
