#include "cedar/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cedar/parser.h"
#include "cedar/text.h"

namespace weir::cedar {
namespace {

constexpr const char* kPrincipal = "?principal";
constexpr const char* kResource = "?resource";

// Fills the slot of one scope, when it has one.
void fill(Scope& scope, const char* slot, const SlotValues& values) {
  if (!scope.slot) return;
  scope.slot = false;
  scope.entities = {values.at(slot)};
}

std::string shown(std::string_view id) {
  return printable(quoted(id), 100);
}

}  // namespace

std::vector<std::string> slots(const Policy& policy) {
  std::vector<std::string> out;
  if (policy.principal.slot) out.emplace_back(kPrincipal);
  if (policy.resource.slot) out.emplace_back(kResource);
  return out;
}

Result<Policy> link(const Policy& policy_template, std::string new_id, const SlotValues& values) {
  const std::vector<std::string> open = slots(policy_template);
  if (open.empty())
    return fail(fmt::format("{} is not a template", shown(policy_template.id)), {},
                "a template has ?principal or ?resource in its scope");
  for (const auto& slot : open)
    if (!values.contains(slot))
      return fail(fmt::format("the slot {} of the template {} has no value", slot, shown(policy_template.id)),
                  new_id, "give an entity for every slot");
  for (const auto& [slot, value] : values)
    if (std::find(open.begin(), open.end(), slot) == open.end())
      return fail(
          fmt::format("the template {} has no slot {}", shown(policy_template.id), printable(slot, 60)),
          new_id, fmt::format("its slots are {}", fmt::join(open, ", ")));
  Policy out = policy_template;
  fill(out.principal, kPrincipal, values);
  fill(out.resource, kResource, values);
  out.template_id = policy_template.id;
  out.id = std::move(new_id);
  return out;
}

Result<PolicySet> link(const PolicySet& policies, std::span<const TemplateLink> links) {
  std::vector<Policy> all(policies.policies().begin(), policies.policies().end());
  all.insert(all.end(), policies.templates().begin(), policies.templates().end());
  for (const auto& wanted : links) {
    const Policy* policy_template = policies.find(wanted.template_id);
    if (policy_template == nullptr)
      return fail(ErrorCode::not_found, fmt::format("there is no template {}", shown(wanted.template_id)),
                  wanted.new_id, "a template's id is its @id, else policy0, policy1, ... by its place");
    TRY(Policy linked, link(*policy_template, wanted.new_id, wanted.values));
    all.push_back(std::move(linked));
  }
  return PolicySet::make(std::move(all));
}

std::vector<TemplateLink> links_of(const PolicySet& policies) {
  std::vector<TemplateLink> out;
  for (const auto& policy : policies.policies()) {
    const Policy* policy_template = policy.template_id.empty() ? nullptr : policies.find(policy.template_id);
    if (policy_template == nullptr) continue;
    TemplateLink next{policy.template_id, policy.id, {}};
    if (policy_template->principal.slot) next.values.emplace(kPrincipal, policy.principal.entities.at(0));
    if (policy_template->resource.slot) next.values.emplace(kResource, policy.resource.entities.at(0));
    out.push_back(std::move(next));
  }
  return out;
}

Result<SlotValues> read_slot_values(const Json& values) {
  if (!values.is_object())
    return fail("the values of the slots must be an object", {},
                R"(write {"?principal": "User::\"alice\""})");
  SlotValues out;
  for (const auto& [slot, value] : values.as_object()) {
    if (slot != kPrincipal && slot != kResource)
      return fail(fmt::format("{} is not a slot", shown(slot)), {}, "slots are ?principal and ?resource");
    auto uid = parse_entity_uid(value.text_or(""));
    if (!uid)
      return fail(fmt::format("{} is not an entity: {}", printable(compact(value), 80), uid.error().what),
                  slot, "an entity is written Type::\"id\"");
    out.emplace(slot, *std::move(uid));
  }
  return out;
}

Result<std::vector<TemplateLink>> read_links_json(const Json& links) {
  if (!links.is_array()) return fail("a file of links must be a JSON array", {}, "see `weir cedar link`");
  std::vector<TemplateLink> out;
  for (std::size_t i = 0; i < links.as_array().size(); ++i) {
    const Json& row = links.as_array()[i];
    if (!row["template_id"].is_string() || !row["link_id"].is_string())
      return fail("a link needs \"template_id\" and \"link_id\"", fmt::format("[{}]", i),
                  R"(write {"template_id": "t", "link_id": "l", "args": {"?principal": "User::\"a\""}})");
    auto values = read_slot_values(row["args"]);
    if (!values) {
      values.error().where =
          fmt::format("[{}].args{}{}", i, values.error().where.empty() ? "" : ".", values.error().where);
      return std::unexpected(values.error());
    }
    out.push_back({row["template_id"].as_string(), row["link_id"].as_string(), *std::move(values)});
  }
  return out;
}

Json links_json(std::span<const TemplateLink> links) {
  Json out = Json::array();
  for (const auto& link : links) {
    Json args = Json(Json::Object{});
    for (const auto& [slot, uid] : link.values)
      args.set(slot, uid.text());
    out.push(Json::object(
        {{"template_id", link.template_id}, {"link_id", link.new_id}, {"args", std::move(args)}}));
  }
  return out;
}

}  // namespace weir::cedar
