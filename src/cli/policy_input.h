// What the commands of `weir policy` read: policies, a schema, properties; from files, directories, or what
// ships.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cedar/policy_set.h"
#include "cedar/schema.h"
#include "cli/cli.h"
#include "prove/property.h"
#include "prove/prover.h"

namespace weir::cli {

// A file, or the *.cedar files of a directory in the order of their names.
struct PolicyFiles {
  cedar::PolicySet policies;
  std::string digest;  // of the texts, "sha256:…"
};
Result<PolicyFiles> read_policy_files(const std::string& path);
// --schema FILE (JSON when its name says so), else the schema that ships.
struct SchemaFile {
  cedar::Schema schema;
  std::string digest;  // of the text
};
Result<SchemaFile> read_policy_schema(const Args& args);
// FILE or DIR (*.cedarprop); "": those that ship, and what this profile and those less strict promise
// besides.
struct PropertyFiles {
  std::vector<prove::Property> properties;
  std::string digest;  // of the texts
};
Result<PropertyFiles> read_properties(const std::string& path, std::string_view profile);

// --solver-ms N and --solver NAME, with their defaults.
std::vector<Option> solver_options();
Result<prove::SolverOptions> read_solver_options(const Args& args, std::string_view program);

}  // namespace weir::cli
