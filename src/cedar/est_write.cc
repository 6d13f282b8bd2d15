// Policies to Cedar's JSON form; see est.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cedar/est.h"
#include "cedar/policy_text.h"

namespace weir::cedar {
namespace {

Json wrapped(std::string_view key, Json value) {
  return Json(Json::Object{{std::string(key), std::move(value)}});
}
Json sides(Json left, Json right) {
  return Json(Json::Object{{"left", std::move(left)}, {"right", std::move(right)}});
}

// One element for each character and wildcard, as the official tools write patterns.
Json pattern_json(const std::vector<std::string>& parts) {
  Json::Array out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out.emplace_back("Wildcard");
    const std::string_view part = parts[i];
    for (std::size_t at = 0; at < part.size();) {
      std::size_t end = at + 1;
      while (end < part.size() && (static_cast<unsigned char>(part[end]) & 0xC0) == 0x80)
        ++end;
      out.push_back(wrapped("Literal", part.substr(at, end - at)));
      at = end;
    }
  }
  return Json(std::move(out));
}

Json literal_json(const Value& value) {
  if (const auto* flag = value.get_if<bool>()) return wrapped("Value", *flag);
  if (const auto* number = value.get_if<std::int64_t>()) return wrapped("Value", *number);
  if (const auto* text = value.get_if<std::string>()) return wrapped("Value", *text);
  const auto* uid = value.get_if<EntityUid>();
  CHECK(uid != nullptr);
  return wrapped("Value", wrapped("__entity", uid_json(*uid)));
}

// `depth` counts the levels of JSON around what is written. Beyond the limit nothing more is written and
// too_deep() tells.
class Writer {
 public:
  Json expression(const Expression& at, std::size_t depth);
  bool too_deep() const { return too_deep_; }

 private:
  Json chain(const Expression& at, std::size_t depth);
  Json list(const std::vector<Expression>& items, std::size_t depth);
  Json record(const Expression& at, std::size_t depth);
  Json has(const Expression& at, std::size_t depth);
  Json is(const Expression& at, std::size_t depth);
  Json arg(const Expression& at, std::size_t index, std::size_t depth) {
    return expression(at.args[index], depth + 2);
  }

  bool too_deep_ = false;
};

// `a && b && c` is {"&&": {"left": {"&&": {"left": a, "right": b}}, "right": c}}.
Json Writer::chain(const Expression& at, std::size_t depth) {
  const std::size_t last = at.args.size() - 1;
  Json out = expression(at.args[0], depth + 2 * last);
  for (std::size_t i = 1; i <= last && !too_deep_; ++i)
    out = wrapped(operator_text(at.op),
                  sides(std::move(out), expression(at.args[i], depth + 2 * (last - i + 1))));
  return out;
}

Json Writer::list(const std::vector<Expression>& items, std::size_t depth) {
  Json::Array out;
  out.reserve(items.size());
  for (const auto& item : items)
    out.push_back(expression(item, depth + 2));
  return Json(std::move(out));
}

Json Writer::record(const Expression& at, std::size_t depth) {
  Json::Object out;
  out.reserve(at.args.size());
  for (std::size_t i = 0; i < at.args.size(); ++i)
    out.emplace_back(at.names[i], arg(at, i, depth));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return wrapped("Record", Json(std::move(out)));
}

Json Writer::has(const Expression& at, std::size_t depth) {
  Json attribute = at.names.size() == 1 ? Json(at.names[0]) : Json::strings(at.names);
  return wrapped("has", Json(Json::Object{{"left", arg(at, 0, depth)}, {"attr", std::move(attribute)}}));
}

Json Writer::is(const Expression& at, std::size_t depth) {
  Json::Object out{{"left", arg(at, 0, depth)}, {"entity_type", at.names[0]}};
  if (at.op == Op::is_in) out.emplace_back("in", arg(at, 1, depth));
  return wrapped("is", Json(std::move(out)));
}

Json Writer::expression(const Expression& at, std::size_t depth) {
  too_deep_ = too_deep_ || depth + 4 > kEstDepthMax;
  if (too_deep_) return {};
  switch (at.op) {
    case Op::literal:
      return literal_json(at.value);
    case Op::variable:
      return wrapped("Var", name(at.variable));
    case Op::and_:
    case Op::or_:
      return chain(at, depth);
    case Op::if_:
      return wrapped("if-then-else", Json(Json::Object{{"if", arg(at, 0, depth)},
                                                       {"then", arg(at, 1, depth)},
                                                       {"else", arg(at, 2, depth)}}));
    case Op::not_:
    case Op::is_empty:
      return wrapped(operator_text(at.op), wrapped("arg", arg(at, 0, depth)));
    case Op::negate:
      return wrapped("neg", wrapped("arg", arg(at, 0, depth)));
    case Op::attribute:
      return wrapped(".", Json(Json::Object{{"left", arg(at, 0, depth)}, {"attr", at.names[0]}}));
    case Op::has:
      return has(at, depth);
    case Op::like:
      return wrapped("like",
                     Json(Json::Object{{"left", arg(at, 0, depth)}, {"pattern", pattern_json(at.names)}}));
    case Op::is:
    case Op::is_in:
      return is(at, depth);
    case Op::set:
      return wrapped("Set", list(at.args, depth));
    case Op::record:
      return record(at, depth);
    case Op::call:
      return wrapped(name(at.function), list(at.args, depth));
    default:
      return wrapped(operator_text(at.op), sides(arg(at, 0, depth), arg(at, 1, depth)));
  }
}

std::unexpected<Error> too_deep(std::string where) {
  return fail(ErrorCode::limit,
              fmt::format("the JSON form would be nested deeper than {} levels", kEstDepthMax),
              std::move(where), "split the condition: a chain of && or || nests once for each operand");
}

// What follows `op`: an entity, or the slot of the variable.
void set_target(Json& out, std::string_view variable, const Scope& scope) {
  if (scope.slot)
    out.set("slot", fmt::format("?{}", variable));
  else
    out.set("entity", uid_json(scope.entities[0]));
}

Json scope_json(std::string_view variable, const Scope& scope) {
  Json out;
  switch (scope.kind) {
    case Scope::Kind::any:
      return Json::object({{"op", "All"}});
    case Scope::Kind::equal:
    case Scope::Kind::in:
      out.set("op", scope.kind == Scope::Kind::equal ? "==" : "in");
      set_target(out, variable, scope);
      return out;
    case Scope::Kind::in_any: {
      // A list of one is written like the one, as the official tools do.
      if (scope.entities.size() == 1)
        return Json::object({{"op", "in"}, {"entity", uid_json(scope.entities[0])}});
      Json entities = Json::array();
      for (const auto& entity : scope.entities)
        entities.push(uid_json(entity));
      return Json::object({{"op", "in"}, {"entities", std::move(entities)}});
    }
    case Scope::Kind::is:
    case Scope::Kind::is_in:
      out.set("op", "is").set("entity_type", scope.entity_type);
      if (scope.kind == Scope::Kind::is) return out;
      Json target;
      set_target(target, variable, scope);
      out.set("in", std::move(target));
      return out;
  }
  return out;
}

Json annotations_json(const Policy& policy) {
  Json::Object out;
  for (const auto& [key, value] : policy.annotations)
    out.emplace_back(key, policy.is_bare(key) ? Json() : Json(value));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return Json(std::move(out));
}

}  // namespace

Json uid_json(const EntityUid& uid) {
  return Json(Json::Object{{"type", uid.type()}, {"id", uid.id()}});
}

Result<Json> expression_json(const Expression& expression) {
  Writer writer;
  Json out = writer.expression(expression, 0);
  if (writer.too_deep()) return too_deep({});
  return out;
}

Result<Json> policy_json(const Policy& policy) {
  Json::Array conditions;
  for (const auto& condition : policy.conditions) {
    Writer writer;
    Json body = writer.expression(condition.body, 3);
    if (writer.too_deep()) return too_deep(printable(policy.id, 100));
    conditions.push_back(
        Json::object({{"kind", condition.unless ? "unless" : "when"}, {"body", std::move(body)}}));
  }
  Json out = Json::object({{"effect", name(policy.effect)},
                           {"principal", scope_json("principal", policy.principal)},
                           {"action", scope_json("action", policy.action)},
                           {"resource", scope_json("resource", policy.resource)},
                           {"conditions", Json(std::move(conditions))}});
  if (!policy.annotations.empty()) out.set("annotations", annotations_json(policy));
  return out;
}

}  // namespace weir::cedar
