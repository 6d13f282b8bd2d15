#include "guard/pack.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/hash.h"
#include "cedar/validate.h"
#include "guard/content.h"
#include "guard/rules.h"

namespace weir::guard {
namespace {

void add_digests(Json& json, const std::vector<NamedText>& files) {
  for (const auto& file : files)
    json.push(Json::array({file.name, digest_text(sha256(file.text))}));
}

std::string digest_of(std::initializer_list<const std::vector<NamedText>*> lists) {
  Json json = Json::array();
  for (const auto* list : lists)
    add_digests(json, *list);
  return digest_text(sha256(canonical(json)));
}

std::string digest_of(const std::vector<LayerSource>& layers, const NamedText& schema) {
  Json json = Json::array();
  for (const auto& layer : layers) {
    Json files = Json::array();
    add_digests(files, layer.policies);
    add_digests(files, layer.waivers);
    if (!layer.profile.text.empty()) add_digests(files, {layer.profile});
    json.push(Json::array({std::string(name(layer.layer)), std::move(files)}));
  }
  json.push(Json::array({schema.name, digest_text(sha256(schema.text))}));
  return digest_text(sha256(canonical(json)));
}

// A scope that names a class no catalogue has would never match: a refusal lost by a slip of the pen.
Status check_classes(const cedar::Policy& policy, const PathClasses& paths) {
  for (const auto& uid : policy.resource.entities)
    if (uid.type() == "PathClass" && !paths.has(uid.id()))
      return fail("no catalogue has the path class \"" + uid.id() + "\"", where_of(policy),
                  "docs/policies.md lists them; your own go to ~/.config/weir/paths/*.yaml");
  return {};
}

Status check_types(const cedar::PolicySet& policies, const cedar::Schema& schema) {
  const cedar::ValidationResult result = cedar::validate(policies, schema);
  if (result.valid()) return {};
  const auto& first = result.errors.front();
  const cedar::Policy* policy = policies.find(first.policy);
  std::string what = first.message;
  if (result.errors.size() > 1) what += " (and " + std::to_string(result.errors.size() - 1) + " more)";
  return fail(what, policy != nullptr ? where_of(*policy) : first.policy,
              first.help.empty() ? "docs/policies.md says what requests have" : first.help);
}

void add_ancestors(const cedar::Schema& schema, const cedar::EntityUid& uid,
                   std::vector<cedar::EntityUid>& out) {
  const cedar::ActionDeclaration* action = schema.action(uid);
  if (action == nullptr) return;
  for (const auto& parent : action->parents) {
    out.push_back(parent);
    add_ancestors(schema, parent, out);
  }
}

std::map<std::string, VerbSpec, std::less<>> verbs_of(const cedar::Schema& schema) {
  std::map<std::string, VerbSpec, std::less<>> verbs;
  for (const auto& [uid, action] : schema.actions()) {
    if (action.principals.empty()) continue;
    VerbSpec spec{{uid, {}, {}, {}}, nullptr};
    add_ancestors(schema, uid, spec.entity.parents);
    if (const auto* attribute = action.context->attribute("attrs")) spec.attributes = attribute;
    verbs.emplace(uid.id(), std::move(spec));
  }
  return verbs;
}

Result<std::shared_ptr<const facts::FactSet>> facts_of(const std::vector<NamedText>& files) {
  std::vector<facts::Definition> all;
  for (const auto& file : files) {
    TRY(auto some, facts::parse_facts(file.text, file.name));
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return facts::FactSet::compile(std::move(all));
}

}  // namespace

const PolicyMeta& Pack::meta(const std::string& policy_id) const {
  static const PolicyMeta unknown;
  const auto it = composition_.meta.find(policy_id);
  return it != composition_.meta.end() ? it->second : unknown;
}

const PolicyMeta& Pack::meta(const cedar::Policy& policy) const {
  return *metas_[static_cast<std::size_t>(&policy - policies().policies().data())];
}

Layer Pack::layer_of(const std::string& policy_id) const {
  const auto it = composition_.layer_of.find(policy_id);
  return it != composition_.layer_of.end() ? it->second : Layer::builtin;
}

const VerbSpec* Pack::verb(std::string_view verb) const {
  const auto it = shared_->verbs.find(verb);
  return it != shared_->verbs.end() ? &it->second : nullptr;
}

Status Pack::load_flow(const std::vector<NamedText>& files, Shared& shared) {
  std::vector<flow::Products::File> described;
  for (const auto& file : files) {
    if (file.name != "words.yaml" && !file.name.ends_with("/words.yaml")) {
      described.push_back({file.name, file.text});
      continue;
    }
    TRY(auto words, flow::Words::read(file.text, file.name));
    shared.flow = std::make_shared<const flow::Words>(std::move(words));
  }
  if (shared.flow == nullptr) return {};
  TRY(auto products, flow::Products::read(described, *shared.flow));
  shared.products = std::make_shared<const flow::Products>(std::move(products));
  return {};
}

Result<std::shared_ptr<const Pack::Shared>> Pack::load_shared(const PackSources& sources) {
  auto shared = std::make_shared<Shared>();
  TRY(shared->paths, PathClasses::parse(sources.paths));
  for (const auto& file : sources.commands)
    TRY_STATUS(shared->commands.add(file.text, file.name));
  TRY(shared->facts, facts_of(sources.facts));
  TRY(shared->detectors, detectors_of(sources.secrets, sources.injection, sources.databases.get()));
  TRY(shared->rules, rules_of(sources.rules, sources.databases.get()));
  shared->rules_digest = digest_of({&sources.rules});
  TRY_STATUS(load_flow(sources.flow, *shared));
  if (!sources.schema.text.empty()) {
    TRY(cedar::Schema schema, cedar::Schema::parse(sources.schema.text, sources.schema.name));
    shared->schema = std::make_unique<const cedar::Schema>(std::move(schema));
    shared->verbs = verbs_of(*shared->schema);
    std::vector<cedar::Entity> entities;
    for (const auto& [name, verb] : shared->verbs)
      entities.push_back(verb.entity);
    TRY(shared->verb_entities, cedar::Entities::make(std::move(entities)));
  }
  shared->digest = digest_of({&sources.paths, &sources.commands, &sources.facts, &sources.secrets,
                              &sources.injection, &sources.rules, &sources.flow});
  return shared;
}

Result<std::shared_ptr<const Pack>> Pack::assemble(std::vector<LayerSource> layers, const NamedText& schema,
                                                   std::shared_ptr<const Shared> shared) {
  std::shared_ptr<Pack> pack(new Pack());
  TRY(pack->composition_, compose(layers));
  for (const auto& policy : pack->policies().policies())
    TRY_STATUS(check_classes(policy, shared->paths));
  if (shared->schema != nullptr) TRY_STATUS(check_types(pack->policies(), *shared->schema));
  for (const auto& policy : pack->policies().policies())
    pack->metas_.push_back(&pack->meta(policy.id));
  pack->policy_digest_ = digest_of(layers, schema);
  pack->layers_ = std::move(layers);
  pack->schema_text_ = schema;
  pack->shared_ = std::move(shared);
  return pack;
}

Result<std::shared_ptr<const Pack>> Pack::load(const PackSources& sources) {
  TRY(auto shared, load_shared(sources));
  std::vector<LayerSource> layers{{Layer::builtin, sources.policies, {}, sources.profile}};
  layers.insert(layers.end(), sources.layers.begin(), sources.layers.end());
  return assemble(std::move(layers), sources.schema, std::move(shared));
}

Result<std::shared_ptr<const Pack>> Pack::with_layer(const Pack& above, const LayerSource& layer) {
  std::vector<LayerSource> layers = above.layers_;
  layers.push_back(layer);
  return assemble(std::move(layers), above.schema_text_, above.shared_);
}

}  // namespace weir::guard
