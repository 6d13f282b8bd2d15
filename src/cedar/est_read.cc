// Policies from Cedar's JSON form: scope, annotations, conditions. Expressions are read in
// est_read_expression.cc. See est.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cedar/est.h"
#include "cedar/est_reader.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

constexpr std::string_view kSee = "see \"JSON policy format\" of Cedar";

Status only_members(const Json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.as_object())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail(fmt::format("unknown member {}", printable(quoted(key), 60)), {}, std::string(kSee));
  return {};
}

Result<std::string> entity_type(const Json& json) {
  if (!json.is_string() || !is_type_path(json.as_string()))
    return fail(fmt::format("{} is not the name of an entity type", printable(compact(json), 60)),
                "entity_type", "write a name such as User or Acme::User");
  return json.as_string();
}

// `entity` or `slot` of principal or resource.
Status read_target(std::string_view variable, const Json& json, Scope& out) {
  if (const Json* uid = json.find("entity")) {
    TRY(EntityUid entity, under("entity", read_uid_json(*uid)));
    out.entities.push_back(std::move(entity));
    return {};
  }
  const std::string slot = fmt::format("?{}", variable);
  if (json["slot"].text_or("") != slot)
    return fail(fmt::format("needs \"entity\" or \"slot\": \"{}\"", slot), {}, std::string(kSee));
  out.slot = true;
  return {};
}

Result<Scope> read_scope(std::string_view variable, const Json& json) {
  Scope out;
  const std::string_view op = json["op"].text_or("");
  if (op == "All" || op == "all") return out;
  if (op == "==" || op == "in") {
    out.kind = op == "==" ? Scope::Kind::equal : Scope::Kind::in;
    TRY_STATUS(read_target(variable, json, out));
    return out;
  }
  if (op != "is") return fail("needs \"op\": All, ==, in or is", "op", std::string(kSee));
  out.kind = Scope::Kind::is;
  TRY(out.entity_type, entity_type(json["entity_type"]));
  if (const Json* in = json.find("in")) {
    out.kind = Scope::Kind::is_in;
    TRY_STATUS(under("in", read_target(variable, *in, out)));
  }
  return out;
}

Status read_action_uid(const Json& json, Scope& out) {
  TRY(EntityUid uid, read_uid_json(json));
  if (base_name(uid.type()) != "Action")
    return fail(fmt::format("{} is not an action", printable(uid.text(), 80)), {},
                "the type of an action is Action, with or without a namespace");
  out.entities.push_back(std::move(uid));
  return {};
}

Result<Scope> read_action(const Json& json) {
  Scope out;
  const std::string_view op = json["op"].text_or("");
  if (op == "All" || op == "all") return out;
  if (op != "==" && op != "in") return fail("needs \"op\": All, == or in", "op", std::string(kSee));
  out.kind = op == "==" ? Scope::Kind::equal : Scope::Kind::in;
  if (const Json* uid = json.find("entity")) {
    TRY_STATUS(under("entity", read_action_uid(*uid, out)));
    return out;
  }
  const Json& entities = json["entities"];
  if (op == "==" || !entities.is_array())
    return fail(op == "==" ? "needs \"entity\"" : "needs \"entity\" or the array \"entities\"", {},
                std::string(kSee));
  out.kind = Scope::Kind::in_any;
  for (std::size_t i = 0; i < entities.as_array().size(); ++i)
    TRY_STATUS(under(fmt::format("entities[{}]", i), read_action_uid(entities.as_array()[i], out)));
  return out;
}

Status read_annotations(const Json& json, Policy& out) {
  if (!json.is_object()) return fail("must be an object", {}, std::string(kSee));
  for (const auto& [key, value] : json.as_object()) {
    if (!is_identifier(key))
      return fail(fmt::format("{} is not the name of an annotation", printable(quoted(key), 60)), {},
                  "use letters, digits and _");
    if (!value.is_string() && !value.is_null())
      return fail("the value must be a string or null", key, "annotations hold text");
    if (value.is_null()) out.bare_annotations.push_back(key);
    out.annotations.emplace_back(key, value.text_or(""));
  }
  return {};
}

Result<Condition> read_condition(EstReader& reader, const Json& json) {
  if (!json.is_object()) return fail("must be an object {kind, body}", {}, std::string(kSee));
  TRY_STATUS(only_members(json, {"kind", "body"}));
  Condition out;
  const std::string_view kind = json["kind"].text_or("");
  if (kind != "when" && kind != "unless") return fail("must be when or unless", "kind", std::string(kSee));
  out.unless = kind == "unless";
  TRY(out.body, under("body", reader.expression(json["body"])));
  fold_constants(out.body);
  return out;
}

Result<Policy> read_policy(const Json& json) {
  if (!json.is_object()) return fail("a policy must be an object", {}, std::string(kSee));
  TRY_STATUS(only_members(json, {"effect", "principal", "action", "resource", "conditions", "annotations"}));
  Policy out;
  const std::string_view effect = json["effect"].text_or("");
  if (effect != "permit" && effect != "forbid")
    return fail("must be permit or forbid", "effect", std::string(kSee));
  out.effect = effect == "permit" ? Effect::permit : Effect::forbid;
  TRY(out.principal, under("principal", read_scope("principal", json["principal"])));
  TRY(out.action, under("action", read_action(json["action"])));
  TRY(out.resource, under("resource", read_scope("resource", json["resource"])));
  const Json& conditions = json["conditions"];
  if (!conditions.is_array()) return fail("must be an array", "conditions", std::string(kSee));
  EstReader reader;
  for (std::size_t i = 0; i < conditions.as_array().size(); ++i) {
    TRY(Condition next,
        under(fmt::format("conditions[{}]", i), read_condition(reader, conditions.as_array()[i])));
    out.conditions.push_back(std::move(next));
  }
  if (const Json* annotations = json.find("annotations"))
    TRY_STATUS(under("annotations", read_annotations(*annotations, out)));
  return out;
}

}  // namespace

Result<EntityUid> read_uid_json(const Json& json) {
  const Json* inner = json.find("__entity");
  const Json& uid = inner != nullptr ? *inner : json;
  if (!uid["type"].is_string() || !uid["id"].is_string())
    return fail("is not an entity", {}, R"(write {"type": "User", "id": "alice"})");
  const std::string& type = uid["type"].as_string();
  if (!is_type_path(type))
    return fail(fmt::format("{} is not the name of an entity type", printable(quoted(type), 60)), "type",
                "write a name such as User or Acme::User");
  return EntityUid(type, uid["id"].as_string());
}

Result<Policy> read_policy_json(const Json& json) {
  return read_policy(json);
}

Result<Expression> read_expression_json(const Json& json) {
  EstReader reader;
  TRY(Expression out, reader.expression(json));
  fold_constants(out);
  return out;
}

}  // namespace weir::cedar
