#include "guard/layers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/yaml.h"
#include "guard/profile.h"

namespace weir::guard {
namespace {

using cedar::Effect;
using cedar::Policy;
using event::Verdict;

struct Placed {
  Policy policy;
  PolicyMeta meta;
  Layer layer;
};

// Only the built-in layer has one.
Result<std::string> apply_profile_of(const LayerSource& source, std::vector<Policy>& policies) {
  if (source.profile.text.empty()) return std::string();
  TRY(const Profile profile, read_profile(source.profile));
  TRY_STATUS(apply_profile(profile, source.profile.name, policies));
  return profile.name;
}

struct ReadLayer {
  std::vector<Placed> policies;
  std::string profile;
};

Result<ReadLayer> read_layer(const LayerSource& source) {
  std::vector<Policy> policies;
  for (const auto& file : source.policies) {
    TRY(const cedar::PolicySet set, cedar::PolicySet::parse(file.text, file.name));
    for (const auto& policy : set.policies()) {
      if (policy.annotation("id") == nullptr)
        return fail("a policy has no @id", file.name + ":" + std::to_string(policy.position.line),
                    "give it one, e.g. @id(\"team.no-prod\")");
      policies.push_back(policy);
    }
    // Kept apart by the set, so it would be passed over without a word.
    if (!set.templates().empty())
      return fail("a template cannot decide", where_of(set.templates()[0]), "write a policy without slots");
  }
  ReadLayer out;
  TRY(out.profile, apply_profile_of(source, policies));
  for (auto& policy : policies) {
    TRY(PolicyMeta meta, meta_of(policy));
    out.policies.push_back({std::move(policy), std::move(meta), source.layer});
  }
  return out;
}

Layer top_owner(const std::vector<LayerSource>& layers) {
  const bool organisation = std::any_of(layers.begin(), layers.end(), [](const LayerSource& source) {
    return source.layer == Layer::organisation;
  });
  return organisation ? Layer::organisation : Layer::user;
}

Error not_top(Layer layer, Layer top, std::string what, std::string where) {
  return {ErrorCode::denied, std::move(what), std::move(where),
          "only the " + std::string(name(top)) + " layer may do that; the " + std::string(name(layer)) +
              " layer may only add refusals"};
}

// One entry of waive.yaml.
Result<Waiver> waiver_of(const Json& entry, const std::string& where, Layer layer) {
  Waiver waiver{std::string(entry["policy"].text_or("")), layer, std::string(entry["reason"].text_or("")), "",
                where};
  if (waiver.policy.empty() || waiver.reason.empty())
    return fail("a waiver needs a policy and a reason", where,
                "write `- policy: files.system` and `reason: why it may go`");
  return waiver;
}

Result<std::vector<Waiver>> read_waivers(const LayerSource& source, Layer top) {
  std::vector<Waiver> out;
  for (const auto& file : source.waivers) {
    if (source.layer != top)
      return std::unexpected(not_top(source.layer, top, "this layer may not waive policies", file.name));
    TRY(const Json yaml, parse_yaml(file.text, file.name));
    const Json& list = yaml["waive"];
    if (!list.is_array())
      return fail("waive.yaml has no list `waive`", file.name, "write `waive:` and under it `- policy: …`");
    for (const auto& entry : list.as_array()) {
      TRY(Waiver waiver, waiver_of(entry, file.name, source.layer));
      out.push_back(std::move(waiver));
    }
  }
  return out;
}

Status collect_replacements(const std::vector<Placed>& all, Layer top, std::vector<Waiver>& waivers) {
  for (const auto& one : all) {
    if (one.meta.replaces.empty()) continue;
    if (one.layer != top)
      return std::unexpected(
          not_top(one.layer, top, "this layer may not replace policies", where_of(one.policy)));
    waivers.push_back({one.meta.replaces, one.layer, one.meta.reason, one.policy.id, where_of(one.policy)});
  }
  return {};
}

// Takes what is waived out of the built-in layer.
Status apply_waivers(const std::vector<Waiver>& waivers, std::vector<Placed>& all) {
  for (const auto& waiver : waivers) {
    const bool known = std::any_of(all.begin(), all.end(), [&](const Placed& one) {
      return one.layer == Layer::builtin && one.policy.id == waiver.policy;
    });
    if (!known)
      return fail(ErrorCode::not_found, "there is no built-in policy " + waiver.policy, waiver.where,
                  "see docs/policies.md for their ids");
  }
  std::erase_if(all, [&](const Placed& one) {
    return one.layer == Layer::builtin &&
           std::any_of(waivers.begin(), waivers.end(),
                       [&](const Waiver& waiver) { return waiver.policy == one.policy.id; });
  });
  return {};
}

bool is_everything(const cedar::Scope& scope) {
  return scope.kind == cedar::Scope::Kind::any;
}

// Permits every request there is.
bool permits_all(const Placed& one) {
  return one.policy.effect == Effect::permit && !one.meta.observe && one.policy.conditions.empty() &&
         is_everything(one.policy.principal) && is_everything(one.policy.action) &&
         is_everything(one.policy.resource);
}

// What decides between a refusal by default and none: the permits in force, and the forbids that refuse at
// least as strongly.
bool bounds(const Placed& one) {
  if (one.meta.observe) return false;
  return one.policy.effect == Effect::permit || one.meta.verdict >= Verdict::deny;
}

Result<cedar::PolicySet> bounding_set(const std::vector<Placed>& all, Layer down_to, bool permits_of_last) {
  std::vector<Policy> policies;
  for (const auto& one : all) {
    if (one.layer > down_to || !bounds(one)) continue;
    if (one.layer == down_to && one.policy.effect == Effect::permit && !permits_of_last) continue;
    policies.push_back(one.policy);
  }
  return cedar::PolicySet::make(std::move(policies));
}

// Whether the permits of a layer below the top owner must be proved to widen nothing.
Status add_obligation(const std::vector<Placed>& all, Layer layer, std::vector<Obligation>& obligations) {
  const bool all_permitted = std::any_of(
      all.begin(), all.end(), [&](const Placed& one) { return one.layer < layer && permits_all(one); });
  if (all_permitted) return {};
  const auto permit = std::find_if(all.begin(), all.end(), [&](const Placed& one) {
    return one.layer == layer && one.policy.effect == Effect::permit && !one.meta.observe;
  });
  if (permit == all.end()) return {};
  Obligation obligation{layer, where_of(permit->policy), {}, {}};
  TRY(obligation.above, bounding_set(all, layer, false));
  TRY(obligation.with, bounding_set(all, layer, true));
  obligations.push_back(std::move(obligation));
  return {};
}

}  // namespace

std::string_view name(Layer layer) {
  switch (layer) {
    case Layer::builtin:
      return "built-in";
    case Layer::organisation:
      return "organisation";
    case Layer::user:
      return "user";
    case Layer::project:
      return "project";
  }
  return "built-in";
}

Json to_json(const Waiver& waiver) {
  Json json = Json::object(
      {{"policy", waiver.policy}, {"by", std::string(name(waiver.by))}, {"reason", waiver.reason}});
  if (!waiver.replaced_by.empty()) json.set("replaced_by", waiver.replaced_by);
  return json;
}

Result<Composition> compose(const std::vector<LayerSource>& layers) {
  Composition out;
  const Layer top = top_owner(layers);
  std::vector<Placed> all;
  for (const auto& source : layers) {
    TRY(auto read, read_layer(source));
    std::move(read.policies.begin(), read.policies.end(), std::back_inserter(all));
    if (!read.profile.empty()) out.profile = std::move(read.profile);
    TRY(auto waivers, read_waivers(source, top));
    std::move(waivers.begin(), waivers.end(), std::back_inserter(out.waivers));
  }
  TRY_STATUS(collect_replacements(all, top, out.waivers));
  TRY_STATUS(apply_waivers(out.waivers, all));
  for (const Layer layer : {Layer::user, Layer::project})
    if (layer > top) TRY_STATUS(add_obligation(all, layer, out.obligations));
  std::vector<Policy> policies;
  for (auto& one : all) {
    policies.push_back(std::move(one.policy));
    out.layer_of.emplace(policies.back().id, one.layer);
    out.meta.emplace(policies.back().id, std::move(one.meta));
  }
  TRY(out.policies, cedar::PolicySet::make(std::move(policies)));
  return out;
}

}  // namespace weir::guard
