// What a program on this machine needs to be seen of itself: agents are installed by package managers, in
// places that no profile can know (a home, a version manager's directory, a checkout).
//
//   TRY(auto places, program_places("claude", env, cwd, "/run/weir-pod/bin"));
//   places.read_only   /home/ann/.nvm/versions/node/v24/lib/node_modules, .../bin/node
//   places.links       /run/weir-pod/bin/claude -> the program itself, and its interpreter
//
// Links on the way are followed. A file below a `node_modules` directory stands for the outermost of them,
// for it loads what lies beside it; any other file for itself. A script ("#!") needs its interpreter too,
// also through env(1); an interpreter that is a script (the shim of a version manager) is left out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "pod/pod_spec.h"

namespace weir::pod {

struct ProgramPlaces {
  std::vector<std::string> read_only;  // absolute, without links, each once
  std::vector<PodLink> links;          // below `bin`: under the name that it is called by
};

// `name` as on a command line; found by the PATH of `env` and from `cwd`. Errors as of a program that is
// started: `not_found`, `denied`, `invalid`.
Result<ProgramPlaces> program_places(const std::string& name, const std::map<std::string, std::string>& env,
                                     const std::string& cwd, const std::string& bin);

}  // namespace weir::pod
