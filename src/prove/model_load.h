// The policies and the schema that a model names, read and parsed.
//
//   TRY(ModelPolicies policies, load_model_policies(model, files));
//
// Files come in as values: the front door reads them (cli/workflow.cc), tests make them up.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "prove/model_gate.h"

namespace weir::prove {

struct ModelFile {
  std::string name;
  std::string text;
};

struct ModelFiles {
  std::vector<ModelFile> builtin_policies;  // what "builtin" means
  ModelFile builtin_schema;
  std::vector<ModelFile> facts;  // catalogues (facts/definition.h) for facts with `catalogue: true`
  // A path as the model names it, relative to the model; a directory stands for its *.cedar files.
  std::function<Result<std::vector<ModelFile>>(const std::string& path)> open;
};

// The same with the facts that the model takes from catalogues (model_facts.h). What it names becomes part of
// the policies' digest.
//
//   TRY(ModelPolicies policies, load_model(model, files));
//
// Errors: those of both.
Result<ModelPolicies> load_model(Model& model, const ModelFiles& files);

// Errors: a file that cannot be read, a mistake in a policy or in the schema, a policy without an @id.
Result<ModelPolicies> load_model_policies(const Model& model, const ModelFiles& files);

}  // namespace weir::prove
