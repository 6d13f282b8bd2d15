// Loading models in tests: those that ship, and texts of a test's own.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "content.h"
#include "prove/model_load.h"
#include "prove/model_search.h"

namespace weir::prove::test {

struct Loaded {
  Model model;
  ModelPolicies policies;
  ModelSystem system;
};

inline ModelFiles shipped_files() {
  ModelFiles files;
  for (const ContentFile& file : content_files()) {
    if (file.name.starts_with("policies/") && file.name.ends_with(".cedar"))
      files.builtin_policies.push_back({std::string(file.name), std::string(file.bytes)});
    if (file.name == "policies/weir.cedarschema")
      files.builtin_schema = {std::string(file.name), std::string(file.bytes)};
    if (file.name.starts_with("facts/"))
      files.facts.push_back({std::string(file.name), std::string(file.bytes)});
  }
  files.open = [](const std::string& path) -> Result<std::vector<ModelFile>> {
    for (const ContentFile& file : content_files())
      if (file.name == "models/" + path)
        return std::vector<ModelFile>{{std::string(file.name), std::string(file.bytes)}};
    return fail(ErrorCode::not_found, "no such file", path);
  };
  return files;
}

// A model text with one policy text for every path it names.
inline Result<std::unique_ptr<Loaded>> load_text(const std::string& text, const std::string& policies = "",
                                                 const std::string& variant = "") {
  auto loaded = std::make_unique<Loaded>();
  ModelFiles files = shipped_files();
  if (!policies.empty())
    files.open = [policies](const std::string& path) -> Result<std::vector<ModelFile>> {
      return std::vector<ModelFile>{{path, policies}};
    };
  TRY(loaded->model, read_model(text, "test.yaml", variant));
  TRY(loaded->policies, load_model(loaded->model, files));
  TRY(loaded->system, lower_model(loaded->model, loaded->policies));
  return loaded;
}

inline std::string shipped_text(const std::string& name) {
  for (const ContentFile& file : content_files())
    if (file.name == "models/" + name + ".yaml") return std::string(file.bytes);
  return {};
}

inline std::unique_ptr<Loaded> load_shipped(const std::string& name, const std::string& variant = "") {
  auto loaded = load_text(shipped_text(name), "", variant);
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message();
    return nullptr;
  }
  return std::move(*loaded);
}

// The names of the steps of a trace, one a line.
inline std::string steps_of(const ModelSystem& system, const ModelOutcome& outcome) {
  std::string text;
  for (const ModelTraceStep& one : outcome.trace)
    text += system.steps[static_cast<std::size_t>(one.step)].name + "\n";
  return text;
}

inline const ModelOutcome& outcome_of(const Loaded& loaded, const ModelSearch& search,
                                      const std::string& property) {
  for (std::size_t p = 0; p < loaded.model.properties.size(); ++p)
    if (loaded.model.properties[p].name == property) return search.outcomes[p];
  ADD_FAILURE() << "no property " << property;
  return search.outcomes.at(0);
}

}  // namespace weir::prove::test
