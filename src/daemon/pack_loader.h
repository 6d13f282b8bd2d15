// Which policies and catalogues are in force.
//
//   1. built-in       content/policies/*.cedar, content/paths/*.yaml, content/commands/*.yaml; how strict
//   they
//                     are is a choice of its own (profiles.h)
//   2. organisation   a signed pack, pinned in /etc/weir/organisation.yaml (signed_pack.h)
//   3. user           ~/.config/weir/policies/*.cedar and waive.yaml (paths/*.yaml, commands/*.yaml,
//   flow/*.yaml likewise)
//   4. project        .weir/policies/*.cedar of a workspace; known only when a session works there
//
// WEIR_HOME or `--policy DIR` choose other places. Within a layer files are read in the order of their names.
// A layer below the top owner may only narrow (guard/layers.h); what its texts do not show is proved here
// before the pack is handed out, and refused with a request that shows the widening.
#pragma once

#include <memory>
#include <string>

#include "guard/pack.h"

namespace weir::daemon {

struct PackOptions {
  std::string user_dir;      // "": none. DIR/policies, DIR/paths, DIR/commands
  std::string policies_dir;  // "": the built-in policies; else only the *.cedar files of this directory
  // The first that exists names the organisation's pack.
  std::vector<std::string> organisation_files = {};
  std::string profile = {};     // "": the one in force; with `policies_dir` none
  std::string proofs_dir = {};  // where certificates are kept (proofs.h); "": nowhere
  bool detectors = false;       // with detectors of content, which take tenths of a second to compile
  bool flow = true;             // watch where data comes from
  // Where the patterns of detectors and rules are kept compiled (pattern_files.h); "": nowhere.
  std::string patterns_dir = {};
};

// The *.cedar files and waive.yaml of a directory, as a layer of the user.
Result<guard::LayerSource> read_layer_files(const std::string& dir);

// Of this installation: /etc/weir before the user's own.
PackOptions installed_packs(const std::string& config_dir);

Result<guard::PackSources> read_pack(const PackOptions& options);
// Proves what must hold of it, too, and keeps the certificate.
Result<std::shared_ptr<const guard::Pack>> load_pack(const PackOptions& options);

// The workspace's own policies; empty when it has none. The files are a stranger's: links are not followed,
// and there are at most 64 of together 1 MiB.
Result<guard::LayerSource> read_project(const std::string& workspace);
// `above` with them; `above` itself when they are empty. It may take seconds: what must hold is proved.
Result<std::shared_ptr<const guard::Pack>> add_project(std::shared_ptr<const guard::Pack> above,
                                                       const guard::LayerSource& project,
                                                       const std::string& proofs_dir = {});
// Both.
Result<std::shared_ptr<const guard::Pack>> load_project(std::shared_ptr<const guard::Pack> above,
                                                        const std::string& workspace,
                                                        const std::string& proofs_dir = {});

// What the ledger says of an activation: digests, files by layer, waivers, certificates of this very pack.
Json activation_facts(const guard::Pack& pack, const std::string& proofs_dir = {});

}  // namespace weir::daemon
