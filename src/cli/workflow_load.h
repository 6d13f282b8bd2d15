// A workflow model with everything it names: by path, or by the name of one that ships.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "prove/model_load.h"
#include "prove/model_system.h"

namespace weir::cli {

struct LoadedWorkflow {
  prove::Model model;
  prove::ModelPolicies policies;
  prove::ModelSystem system;
  std::string digest;  // of the model file's bytes and the policies, "sha256:…"
};

// `name`: a file, or a shipped model ("batch"); `variant`: "" for the model itself. Kept where it is made:
// the system points into the model.
Result<std::unique_ptr<LoadedWorkflow>> load_workflow(const std::string& name, const std::string& variant);

// The names of the models that ship.
std::vector<std::string> shipped_workflows();

}  // namespace weir::cli
