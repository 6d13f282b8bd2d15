#include "flow/planner.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "flow/fold.h"
#include "flow/shape.h"

namespace weir::flow {
namespace {

constexpr std::size_t kDepthMax = 4;
constexpr std::size_t kOrdersMax = 256;  // no words.yaml has as many effects
constexpr std::size_t kValuesOfSessionMax = 4 * kPlannedValuesMax;
constexpr const char* kHint = "docs/formats/planner.md describes the answer";

const Effect* effect_named(std::string_view name, const Words& words) {
  const auto it = std::find_if(words.effects.begin(), words.effects.end(),
                               [&](const auto& effect) { return effect.name == name; });
  return it == words.effects.end() ? nullptr : &*it;
}

std::unexpected<Error> bad(std::string what, std::string member) {
  return fail(ErrorCode::invalid, std::move(what), std::move(member), kHint);
}

std::string place(std::string_view member, std::size_t number) {
  return std::string(member) + '[' + std::to_string(number) + ']';
}

Status read_orders(const Json& list, const Words& words, WordSet& orders) {
  if (!list.is_array()) return bad("must be a list of names of effects", "orders");
  if (list.as_array().size() > kOrdersMax)
    return fail(ErrorCode::limit, "holds more than " + std::to_string(kOrdersMax) + " orders", "orders");
  std::size_t number = 0;
  for (const auto& order : list.as_array()) {
    const Effect* effect = effect_named(order.text_or(""), words);
    if (effect == nullptr) return bad("is no name of an effect in words.yaml", place("orders", number));
    if (effect->changes) orders.insert(effect->name);
    ++number;
  }
  return {};
}

// As it is compared, when whoever typed `prompt` (folded) typed it. A look-alike of what was typed is not.
std::optional<std::string> typed_in(std::string_view prompt, std::string_view value) {
  std::string compared = comparable(value);
  const bool fits = !compared.empty() && compared.size() <= kPlannedValueBytesMax;
  if (!fits || fold_watched(value).disguised || !contains_value(prompt, compared)) return std::nullopt;
  return compared;
}

Status read_values(const Json& list, std::string_view prompt, PlannerAnswer& out) {
  if (!list.is_array()) return bad("must be a list of texts", "values");
  if (list.as_array().size() > kPlannedValuesMax)
    return fail(ErrorCode::limit, "holds more than " + std::to_string(kPlannedValuesMax) + " values",
                "values");
  std::size_t number = 0;
  for (const auto& value : list.as_array()) {
    if (!value.is_string() || value.as_string().empty() || value.as_string().size() > kPlannedValueBytesMax)
      return bad("must be a text of 1 to " + std::to_string(kPlannedValueBytesMax) + " bytes",
                 place("values", number));
    if (auto typed = typed_in(prompt, value.as_string()))
      out.planned.values.insert(*std::move(typed));
    else
      ++out.not_typed;
    ++number;
  }
  return {};
}

struct Flag {
  std::string_view name;
  bool Planned::* member;
};
constexpr std::array<Flag, 3> kFlags = {Flag{"errands", &Planned::errands},
                                        Flag{"follows_links", &Planned::follows_links},
                                        Flag{"many", &Planned::many}};

const Flag* flag_named(std::string_view name) {
  const auto it =
      std::find_if(kFlags.begin(), kFlags.end(), [&](const auto& flag) { return flag.name == name; });
  return it == kFlags.end() ? nullptr : &*it;
}

Json texts(const WordSet& set) {
  Json out = Json::array();
  for (const auto& one : set)
    out.push(one);
  return out;
}

}  // namespace

Json planner_question(std::string_view prompt, const Words& words) {
  Json effects = Json::array();
  for (const auto& effect : words.effects)
    effects.push(effect.name);
  return Json::object({{"effects", std::move(effects)}, {"format", 1}, {"prompt", prompt}});
}

Result<PlannerAnswer> read_planner_answer(std::string_view answer, std::string_view prompt,
                                          const Words& words) {
  TRY(const Json json, parse_json(answer, {.bytes_max = kPlannerAnswerBytesMax, .depth_max = kDepthMax}));
  if (!json.is_object()) return bad("must be one JSON object", "answer");
  PlannerAnswer out;
  if (!json.has("orders")) return bad("is missing", "orders");
  const std::string folded = fold(prompt);
  for (const auto& [name, value] : json.as_object()) {
    if (name == "orders") {
      TRY_STATUS(read_orders(value, words, out.planned.orders));
    } else if (name == "values") {
      TRY_STATUS(read_values(value, folded, out));
    } else if (const Flag* flag = flag_named(name); flag != nullptr) {
      if (!value.is_bool()) return bad("must be true or false", std::string(flag->name));
      out.planned.*(flag->member) = value.as_bool();
    } else {
      return bad("has a member that is none of orders, follows_links, errands, many, values", "answer");
    }
  }
  return out;
}

Json to_json(const Planned& planned) {
  Json out = Json::object();
  for (const auto& flag : kFlags)
    if (planned.*(flag.member)) out.set(flag.name, true);
  out.set("orders", texts(planned.orders));
  if (!planned.values.empty()) out.set("values", texts(planned.values));
  return out;
}

Planned planned_from_json(const Json& json, const Words& words) {
  Planned out;
  for (const auto& flag : kFlags)
    out.*(flag.member) = json[flag.name].bool_or(false);
  if (const Json& orders = json["orders"]; orders.is_array())
    for (const auto& order : orders.as_array())
      if (const Effect* effect = effect_named(order.text_or(""), words); effect != nullptr && effect->changes)
        out.orders.insert(effect->name);
  if (const Json& values = json["values"]; values.is_array())
    for (const auto& value : values.as_array())
      if (!value.text_or("").empty() && value.text_or("").size() <= kPlannedValueBytesMax &&
          out.values.size() < kPlannedValuesMax)
        out.values.insert(value.as_string());
  return out;
}

void add(Planned& to, const Planned& more) {
  to.orders.insert(more.orders.begin(), more.orders.end());
  for (const auto& value : more.values)
    if (to.values.size() < kValuesOfSessionMax) to.values.insert(value);
  for (const auto& flag : kFlags)
    to.*(flag.member) = to.*(flag.member) || more.*(flag.member);
}

Planned typed_part(Planned planned, std::string_view text) {
  std::erase_if(planned.values, [&](const auto& value) { return !contains_value(text, value); });
  return planned;
}

void widen(Plan& plan, const Planned& planned) {
  plan.effects.insert(planned.orders.begin(), planned.orders.end());
  plan.meant.insert(planned.values.begin(), planned.values.end());
  plan.follows_links = plan.follows_links || planned.follows_links;
  plan.errands = plan.errands || planned.errands;
  plan.many = plan.many || planned.many;
}

}  // namespace weir::flow
