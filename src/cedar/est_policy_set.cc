#include "cedar/est_policy_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"
#include "cedar/est_reader.h"
#include "cedar/policy_text.h"
#include "cedar/template.h"

namespace weir::cedar {
namespace {

bool is_single_policy(const Json& document) {
  for (const char* member : {"effect", "principal", "action", "resource", "conditions"})
    if (document.has(member)) return true;
  return false;
}

Status only_set_members(const Json& document) {
  for (const auto& [key, value] : document.as_object())
    if (key != "staticPolicies" && key != "templates" && key != "templateLinks")
      return fail(fmt::format("unknown member {}", printable(key, 60)), {},
                  "a policy set has staticPolicies, templates and templateLinks; a policy has effect, "
                  "principal, action, resource and conditions");
  return {};
}

Status read_map(const Json& map, bool templates, std::string_view name, std::vector<Policy>& out) {
  if (map.is_null()) return {};
  if (!map.is_object()) return fail("must be an object of policies by their ids");
  for (const auto& [id, json] : map.as_object()) {
    if (out.size() >= limits::kCedarPoliciesMax)
      return fail(ErrorCode::limit, fmt::format("more than {} policies", limits::kCedarPoliciesMax));
    TRY(Policy policy, under(printable(id, 60), read_policy_json(json)));
    if (policy.is_template() != templates)
      return fail(templates ? "a template needs ?principal or ?resource in its scope"
                            : "a static policy must not have slots",
                  printable(id, 60), templates ? "move it to staticPolicies" : "move it to templates");
    policy.id = id;
    policy.source = name;
    out.push_back(std::move(policy));
  }
  return {};
}

Result<TemplateLink> read_link(const Json& json) {
  if (!json["templateId"].is_string() || !json["newId"].is_string() || !json["values"].is_object())
    return fail("a link needs \"templateId\", \"newId\" and \"values\"");
  TemplateLink out{json["templateId"].as_string(), json["newId"].as_string(), {}};
  for (const auto& [slot, value] : json["values"].as_object()) {
    TRY(EntityUid uid, under("values." + printable(slot, 60), read_uid_json(value)));
    out.values.emplace(slot, std::move(uid));
  }
  return out;
}

// N of "policyN"; none for other ids.
std::optional<std::size_t> numbered(std::string_view id) {
  constexpr std::string_view kPrefix = "policy";
  if (!id.starts_with(kPrefix)) return std::nullopt;
  id.remove_prefix(kPrefix.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || fmt::to_string(number) != id)
    return std::nullopt;
  return number;
}

// Policies and templates with `policyN` at place N where there are enough others to fill the places before.
std::vector<const Policy*> in_order_of_ids(const PolicySet& policies) {
  std::map<std::size_t, const Policy*> placed;
  std::vector<const Policy*> others;
  for (const auto list : {policies.policies(), policies.templates()})
    for (const Policy& policy : list) {
      const auto place = numbered(policy.id);
      if (place && policy.annotation("id") == nullptr)
        placed.emplace(*place, &policy);
      else
        others.push_back(&policy);
    }
  std::vector<const Policy*> out;
  auto other = others.begin();
  while (!placed.empty() || other != others.end()) {
    const bool due = !placed.empty() && (placed.begin()->first <= out.size() || other == others.end());
    out.push_back(due ? placed.extract(placed.begin()).mapped() : *other++);
  }
  return out;
}

template <class T>
Result<T> in_row(std::string_view member, Result<T> result) {
  if (result) return result;
  std::string& where = result.error().where;
  where = fmt::format("{}{}{}", member, where.empty() ? "" : ":", where);
  return result;
}

}  // namespace

Result<Json> policy_set_json(const PolicySet& policies) {
  Json::Object templates, statics;
  for (const auto& policy : policies.templates()) {
    TRY(Json json, policy_json(policy));
    templates.emplace_back(policy.id, std::move(json));
  }
  for (const auto& policy : policies.policies()) {
    if (!policy.template_id.empty()) continue;
    TRY(Json json, policy_json(policy));
    statics.emplace_back(policy.id, std::move(json));
  }
  Json links = Json::array();
  for (const auto& link : links_of(policies)) {
    Json values = Json(Json::Object{});
    for (const auto& [slot, uid] : link.values)
      values.set(slot, uid_json(uid));
    links.push(Json::object(
        {{"templateId", link.template_id}, {"newId", link.new_id}, {"values", std::move(values)}}));
  }
  return Json::object({{"templates", Json(std::move(templates))},
                       {"staticPolicies", Json(std::move(statics))},
                       {"templateLinks", std::move(links)}});
}

Result<PolicySet> read_policy_set_json(const Json& document, std::string_view name) {
  if (!document.is_object())
    return fail("policies in JSON must be an object", std::string(name),
                "give one policy or a policy set of Cedar's JSON form");
  std::vector<Policy> policies;
  if (is_single_policy(document)) {
    TRY(Policy policy, read_policy_json(document));
    const std::string* id = policy.annotation("id");
    policy.id = id != nullptr ? *id : "policy0";
    policy.source = name;
    policies.push_back(std::move(policy));
    return PolicySet::make(std::move(policies));
  }
  TRY_STATUS(only_set_members(document));
  TRY_STATUS(under("staticPolicies", read_map(document["staticPolicies"], false, name, policies)));
  TRY_STATUS(under("templates", read_map(document["templates"], true, name, policies)));
  TRY(PolicySet set, PolicySet::make(std::move(policies)));
  const Json& links_in = document["templateLinks"];
  if (links_in.is_null()) return set;
  if (!links_in.is_array()) return fail("must be an array", "templateLinks");
  std::vector<TemplateLink> links;
  for (std::size_t i = 0; i < links_in.as_array().size(); ++i) {
    TRY(TemplateLink next, under(fmt::format("templateLinks[{}]", i), read_link(links_in.as_array()[i])));
    links.push_back(std::move(next));
  }
  if (links.empty()) return set;
  return under("templateLinks", link(set, links));
}

Result<std::string> policy_set_text(const PolicySet& policies) {
  std::string out;
  for (const Policy* policy : in_order_of_ids(policies)) {
    if (!policy->template_id.empty())
      return fail("a policy linked from a template has no text form", printable(policy->id, 100),
                  "keep the set in JSON, or write a policy without slots");
    TRY(const std::string text, policy_text(*policy));
    (out += out.empty() ? "" : "\n") += text;
    out += '\n';
  }
  return out;
}

Result<Json> translate_row(const Json& row) {
  if (row["policies"].is_string()) {
    TRY(const PolicySet policies, in_row("policies", PolicySet::parse(row["policies"].as_string())));
    TRY(Json json, in_row("policies", policy_set_json(policies)));
    return Json::object({{"id", row["id"]}, {"json", std::move(json)}});
  }
  const Json* json = row.find("json");
  if (json == nullptr)
    return fail("a row needs \"policies\" (Cedar text) or \"json\"", {},
                R"(give {"id", "policies"} or {"id", "json"})");
  TRY(const PolicySet policies, in_row("json", read_policy_set_json(*json)));
  TRY(std::string text, in_row("json", policy_set_text(policies)));
  return Json::object({{"id", row["id"]}, {"policies", std::move(text)}});
}

}  // namespace weir::cedar
