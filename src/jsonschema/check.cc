#include "jsonschema/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/bytes.h"
#include "jsonschema/number.h"
#include "jsonschema/reference.h"

namespace weir::jsonschema {
namespace {

// What schemas at one place of the value have looked at: for unevaluatedItems and unevaluatedProperties.
struct Seen {
  bool all_items = false;
  std::size_t first_items = 0;
  std::set<std::size_t> items;
  bool all_members = false;
  std::set<std::string_view> members;

  void add(const Seen& other) {
    all_items = all_items || other.all_items;
    first_items = std::max(first_items, other.first_items);
    items.insert(other.items.begin(), other.items.end());
    all_members = all_members || other.all_members;
    members.insert(other.members.begin(), other.members.end());
  }
};

unsigned type_of(const Json& value) {
  if (value.is_null()) return kNull;
  if (value.is_bool()) return kBoolean;
  if (value.is_number()) return is_whole(value) ? kInteger | kNumber : unsigned{kNumber};
  if (value.is_string()) return kString;
  return value.is_array() ? kArray : kObject;
}

std::string type_names(unsigned types) {
  constexpr std::pair<unsigned, std::string_view> kNames[] = {
      {kObject, "an object"},       {kArray, "an array"},        {kString, "a string"}, {kNumber, "a number"},
      {kInteger, "a whole number"}, {kBoolean, "true or false"}, {kNull, "null"}};
  std::string out;
  for (const auto& [type, name] : kNames)
    if ((types & type) != 0) out += (out.empty() ? "" : " or ") + std::string(name);
  return out;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string shown(std::string_view name) {
  return "\"" + printable(name, 60) + "\"";
}

// Recursion over nodes and value together. Whoever only wants to know whether it fits asks quietly.
class Checker {
 public:
  explicit Checker(const Program& program) : program_(program) {}

  Result<std::vector<Violation>> run(const Json& value) {
    Seen seen;
    const bool fits = check(program_.root, value, seen);
    if (exhausted_)
      return fail(ErrorCode::limit, "checking it against its schema takes more steps than Weir allows");
    if (!fits && violations_.empty()) violations_.push_back({"", "does not fit"});
    return std::move(violations_);
  }

 private:
  // Silent for its life: alternatives that do not fit are no violations.
  class Quiet {
   public:
    explicit Quiet(Checker& checker) : checker_(checker) { ++checker_.quiet_; }
    ~Quiet() { --checker_.quiet_; }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

   private:
    Checker& checker_;
  };

  bool wrong(std::string text) {
    if (quiet_ == 0 && violations_.size() < kViolationsMax) {
      std::string at;
      for (const auto& token : path_)
        at += "/" + printable(pointer_token(token), kViolationBytesMax);
      violations_.push_back({at.substr(0, kViolationBytesMax), text.substr(0, kViolationBytesMax)});
    }
    return false;
  }

  // Is the rest worth looking at? Quietly the first violation decides.
  bool enough(bool fits) const { return exhausted_ || (!fits && quiet_ > 0); }

  bool check(NodeId id, const Json& value, Seen& seen) {
    if (exhausted_ || ++steps_ > kStepsMax || depth_ >= kDepthMax) {
      exhausted_ = true;
      return false;
    }
    const Node& node = program_.nodes[id];
    if (node.always) return *node.always || wrong("is not allowed");
    ++depth_;
    const bool enters = scope_.empty() || scope_.back() != node.resource;
    if (enters) scope_.push_back(node.resource);
    const bool fits = keywords(node, value, seen);
    if (enters) scope_.pop_back();
    --depth_;
    return fits;
  }

  bool keywords(const Node& node, const Json& value, Seen& seen) {
    bool fits = own_value(node, value);
    if (!enough(fits)) fits &= references(node, value, seen);
    if (!enough(fits)) fits &= combinations(node, value, seen);
    if (value.is_array() && !enough(fits)) fits &= items(node, value, seen);
    if (value.is_object() && !enough(fits)) fits &= members(node, value, seen);
    if (!enough(fits)) fits &= unseen(node, value, seen);
    return fits;
  }

  bool below(const std::string& token, NodeId id, const Json& value) {
    path_.push_back(token);
    Seen inner;
    const bool fits = check(id, value, inner);
    path_.pop_back();
    return fits;
  }

  bool own_value(const Node& node, const Json& value) {
    bool fits = true;
    if (node.types != 0 && (node.types & type_of(value)) == 0)
      return wrong("must be " + type_names(node.types));
    if (node.one_of_values && !node.one_of_values->contains(canonical(value)))
      fits = wrong("is none of the values that are allowed");
    if (value.is_number()) fits &= number(node, value);
    if (value.is_string()) fits &= text(node, value.as_string());
    return fits;
  }

  bool number(const Node& node, const Json& value) {
    bool fits = true;
    for (const auto* bound : {&node.least, &node.above})
      if (*bound) {
        const auto order = compare_numbers(value, (*bound)->number);
        if (order < 0 || (order == 0 && (*bound)->exclusive))
          fits = wrong(fmt::format("must be {} {}", (*bound)->exclusive ? "above" : "at least",
                                   canonical((*bound)->number)));
      }
    for (const auto* bound : {&node.most, &node.below})
      if (*bound) {
        const auto order = compare_numbers(value, (*bound)->number);
        if (order > 0 || (order == 0 && (*bound)->exclusive))
          fits = wrong(fmt::format("must be {} {}", (*bound)->exclusive ? "below" : "at most",
                                   canonical((*bound)->number)));
      }
    if (node.multiple_of && !is_multiple(value, *node.multiple_of))
      fits = wrong("must be a multiple of " + canonical(*node.multiple_of));
    return fits;
  }

  bool count(const Counts& counts, std::size_t number, std::string_view what) {
    bool fits = true;
    if (number < counts.least) fits = wrong(fmt::format("must hold {} {} at least", counts.least, what));
    if (counts.most && number > *counts.most)
      fits = wrong(fmt::format("must hold {} {} at most", *counts.most, what));
    return fits;
  }

  bool text(const Node& node, const std::string& value) {
    bool fits = true;
    if (node.length.least > 0 || node.length.most) fits = count(node.length, characters(value), "characters");
    if (node.pattern && !node.pattern->contains(value)) fits = wrong("does not match its pattern");
    return fits;
  }

  bool references(const Node& node, const Json& value, Seen& seen) {
    bool fits = true;
    if (node.reference) fits = apply(*node.reference, value, seen);
    if (node.dynamic_reference && !enough(fits))
      fits &= apply(dynamic_target(*node.dynamic_reference), value, seen);
    return fits;
  }

  // The outermost resource on the way here that has the anchor.
  NodeId dynamic_target(const DynamicReference& reference) const {
    if (!reference.anchor) return reference.initial;
    for (const std::size_t resource : scope_) {
      const auto& anchors = program_.resources[resource].dynamic_anchors;
      if (const auto it = anchors.find(*reference.anchor); it != anchors.end()) return it->second;
    }
    return reference.initial;
  }

  // Another schema on the same value: what it has looked at counts outside, not the other way round.
  bool apply(NodeId id, const Json& value, Seen& seen) {
    if (!program_.tracks) return check(id, value, seen);
    Seen inner;
    if (!check(id, value, inner)) return false;
    seen.add(inner);
    return true;
  }

  // Fits it, quietly? What it has looked at counts only then.
  bool fits_quietly(NodeId id, const Json& value, Seen& seen) {
    const Quiet quiet(*this);
    return apply(id, value, seen);
  }

  bool combinations(const Node& node, const Json& value, Seen& seen) {
    bool fits = true;
    for (const NodeId id : node.all)
      if (!enough(fits)) fits &= apply(id, value, seen);
    if (!node.any.empty() && !enough(fits)) {
      bool any = false;
      for (const NodeId id : node.any)
        if (!any || program_.tracks) any |= fits_quietly(id, value, seen);
      if (!any) fits = wrong("fits none of the alternatives");
    }
    if (!node.one.empty() && !enough(fits)) {
      std::size_t fitting = 0;
      for (const NodeId id : node.one)
        fitting += fits_quietly(id, value, seen) ? 1 : 0;
      if (fitting != 1)
        fits =
            wrong(fitting == 0 ? "fits none of the alternatives" : "fits more than one of the alternatives");
    }
    if (node.none && !enough(fits)) {
      Seen unused;
      if (fits_quietly(*node.none, value, unused)) fits = wrong("is what it must not be");
    }
    if (node.condition && !enough(fits)) {
      const auto& next = fits_quietly(*node.condition, value, seen) ? node.then : node.otherwise;
      if (next) fits &= apply(*next, value, seen);
    }
    return fits;
  }

  bool items(const Node& node, const Json& value, Seen& seen) {
    const auto& list = value.as_array();
    bool fits = count(node.item_count, list.size(), "items");
    if (node.unique && !all_different(list)) fits = wrong("must hold no item twice");
    for (std::size_t i = 0; i < list.size() && !enough(fits); ++i) {
      if (i < node.first_items.size())
        fits &= below(std::to_string(i), node.first_items[i], list[i]);
      else if (node.items)
        fits &= below(std::to_string(i), *node.items, list[i]);
      else
        break;
    }
    seen.first_items = std::max(seen.first_items, node.first_items.size());
    if (node.items) seen.all_items = true;
    if (node.contains && !enough(fits)) {
      std::size_t found = 0;
      for (std::size_t i = 0; i < list.size(); ++i) {
        const Quiet quiet(*this);
        Seen inner;
        if (!check(*node.contains, list[i], inner)) continue;
        ++found;
        if (program_.tracks) seen.items.insert(i);
      }
      fits &= count(node.contained, found, "items of a kind");
    }
    return fits;
  }

  bool all_different(const Json::Array& list) {
    std::set<std::string> met;
    return std::ranges::all_of(list, [&](const auto& item) { return met.insert(canonical(item)).second; });
  }

  bool has_all(const std::vector<std::string>& names, const Json& value) {
    bool fits = true;
    for (const auto& name : names)
      if (!value.has(name)) fits = wrong("lacks " + shown(name));
    return fits;
  }

  bool members(const Node& node, const Json& value, Seen& seen) {
    bool fits = count(node.member_count, value.as_object().size(), "members");
    fits &= has_all(node.required, value);
    for (const auto& [name, names] : node.required_with)
      if (value.has(name)) fits &= has_all(names, value);
    for (const auto& [name, id] : node.with_member)
      if (value.has(name) && !enough(fits)) fits &= apply(id, value, seen);
    for (const auto& [name, item] : value.as_object()) {
      if (enough(fits)) break;
      fits &= member(node, name, item, seen);
    }
    return fits;
  }

  bool member(const Node& node, const std::string& name, const Json& item, Seen& seen) {
    bool fits = true;
    bool known = false;
    if (const auto it = node.members.find(name); it != node.members.end()) {
      known = true;
      fits &= below(name, it->second, item);
    }
    for (const auto& [pattern, id] : node.members_like) {
      if (++steps_ > kStepsMax) break;
      if (!pattern.contains(name)) continue;
      known = true;
      fits &= below(name, id, item);
    }
    if (!known && node.other_members) {
      known = true;
      fits &= below(name, *node.other_members, item);
    }
    Seen unused;
    if (node.member_names && !fits_quietly(*node.member_names, Json(name), unused))
      fits = wrong("has a member of a name that is not allowed: " + shown(name));
    if (known && program_.tracks) seen.members.insert(name);
    return fits;
  }

  bool unseen(const Node& node, const Json& value, Seen& seen) {
    bool fits = true;
    if (node.unseen_items && value.is_array()) {
      const auto& list = value.as_array();
      for (std::size_t i = seen.all_items ? list.size() : seen.first_items; i < list.size(); ++i)
        if (!seen.items.contains(i)) fits &= below(std::to_string(i), *node.unseen_items, list[i]);
      seen.all_items = true;
    }
    if (node.unseen_members && value.is_object()) {
      if (!seen.all_members)
        for (const auto& [name, item] : value.as_object())
          if (!seen.members.contains(name)) fits &= below(name, *node.unseen_members, item);
      seen.all_members = true;
    }
    return fits;
  }

  const Program& program_;
  std::vector<std::size_t> scope_;  // resources that were entered, outermost first
  std::vector<std::string> path_;
  std::vector<Violation> violations_;
  std::size_t steps_ = 0;
  std::size_t depth_ = 0;
  std::size_t quiet_ = 0;
  bool exhausted_ = false;
};

}  // namespace

Result<std::vector<Violation>> check_program(const Program& program, const Json& value) {
  return Checker(program).run(value);
}

}  // namespace weir::jsonschema
