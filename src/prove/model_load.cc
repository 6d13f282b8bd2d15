#include "prove/model_load.h"

#include <algorithm>
#include <iterator>

#include "base/hash.h"
#include "cedar/validate.h"
#include "prove/model_facts.h"

namespace weir::prove {

Result<ModelPolicies> load_model_policies(const Model& model, const ModelFiles& files) {
  ModelPolicies result;
  std::vector<ModelFile> texts;
  for (const std::string& path : model.policies) {
    if (path == "builtin") {
      texts.insert(texts.end(), files.builtin_policies.begin(), files.builtin_policies.end());
      continue;
    }
    TRY(std::vector<ModelFile> opened, files.open(path));
    for (ModelFile& file : opened)
      texts.push_back(std::move(file));
  }
  std::vector<cedar::PolicySource> sources;
  Json digests = Json::array();
  for (ModelFile& file : texts) {
    digests.push(Json::array({file.name, digest_text(sha256(file.text))}));
    sources.push_back({file.name, std::move(file.text)});
  }
  TRY(result.policies, cedar::PolicySet::parse(sources));
  for (const cedar::Policy& policy : result.policies.policies())
    if (policy.annotation("id") == nullptr)
      return fail("a policy has no @id", policy.source + ":" + std::to_string(policy.position.line),
                  "give it one, so that a report can name it");
  if (model.schema == "builtin") {
    result.builtin_schema = true;
    digests.push(digest_text(sha256(files.builtin_schema.text)));
    TRY(result.schema, cedar::Schema::parse(files.builtin_schema.text, files.builtin_schema.name));
  } else if (!model.schema.empty()) {
    TRY(const std::vector<ModelFile> opened, files.open(model.schema));
    if (opened.size() != 1) return fail("the schema must be one file", model.schema);
    digests.push(digest_text(sha256(opened[0].text)));
    TRY(result.schema, cedar::Schema::parse(opened[0].text, opened[0].name));
  }
  if (result.schema) {
    const auto checked = cedar::validate(result.policies, *result.schema);
    if (!checked.valid())
      return fail("the policy \"" + checked.errors[0].policy +
                      "\" does not agree with the schema: " + checked.errors[0].message,
                  model.source, checked.errors[0].help);
  }
  result.digest = digest_text(sha256(canonical(digests)));
  return result;
}

Result<ModelPolicies> load_model(Model& model, const ModelFiles& files) {
  TRY(ModelPolicies policies, load_model_policies(model, files));
  const bool names_some = std::any_of(model.facts.begin(), model.facts.end(),
                                      [](const ModelFact& fact) { return fact.catalogue; });
  if (!names_some) return policies;
  std::vector<facts::Definition> catalogue;
  Json digests = Json::array({policies.digest});
  for (const ModelFile& file : files.facts) {
    TRY(auto some, facts::parse_facts(file.text, file.name));
    std::move(some.begin(), some.end(), std::back_inserter(catalogue));
    digests.push(digest_text(sha256(file.text)));
  }
  TRY_STATUS(define_facts(model, catalogue));
  policies.digest = digest_text(sha256(canonical(digests)));
  return policies;
}

}  // namespace weir::prove
