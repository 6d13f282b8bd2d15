// The pack of each workspace: the installation's with the workspace's own layer. Made once for each, shared
// by all sessions there until the installation's pack changes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "guard/pack.h"

namespace weir::daemon {

class ProjectPacks {
 public:
  struct Use {
    std::shared_ptr<const guard::Pack> pack;
    bool activated = false;  // just made, and other than `above`: the ledger should say so
  };
  // Certificates of what is proved are kept in `proofs_dir` (proofs.h); "": nowhere.
  explicit ProjectPacks(std::string proofs_dir = {}) : proofs_dir_(std::move(proofs_dir)) {}

  // `workspace` "" is none. An error is not remembered: mending the file is enough.
  Result<Use> of(const std::shared_ptr<const guard::Pack>& above, const std::string& workspace);

  const std::string& proofs_dir() const { return proofs_dir_; }

 private:
  const std::string proofs_dir_;
  std::mutex mutex_;
  std::shared_ptr<const guard::Pack> above_;  // what packs_ were made from
  std::map<std::string, std::shared_ptr<const guard::Pack>> packs_;
};

}  // namespace weir::daemon
