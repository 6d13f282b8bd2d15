// Which policies and catalogues are in force: the built-in pack, then the user's own files.
//
//   1. built-in   content/policies/*.cedar, content/paths/*.yaml, content/commands/*.yaml
//   2. user       ~/.config/weir/policies/*.cedar      (paths/*.yaml and commands/*.yaml beside it likewise)
//
// WEIR_HOME or `--policy DIR` choose other places. Within a layer files are read in the order of their names.
#pragma once

#include <memory>
#include <string>

#include "guard/pack.h"

namespace weir::daemon {

struct PackOptions {
  std::string user_dir;      // "": none. DIR/policies, DIR/paths, DIR/commands
  std::string policies_dir;  // "": the built-in policies; else only the *.cedar files of this directory
};

Result<guard::PackSources> read_pack(const PackOptions& options);
Result<std::shared_ptr<const guard::Pack>> load_pack(const PackOptions& options);

}  // namespace weir::daemon
