// The pack of each workspace: the installation's with the workspace's own layer. Made once for each, shared
// by all sessions there until the installation's pack changes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/hash.h"
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

  // `workspace` "" is none. After an error mending the file is enough: what is remembered of it, when it took
  // long to find, holds for the same texts only.
  Result<Use> of(const std::shared_ptr<const guard::Pack>& above, const std::string& workspace);

  const std::string& proofs_dir() const { return proofs_dir_; }

 private:
  Result<std::shared_ptr<const guard::Pack>> load(const std::shared_ptr<const guard::Pack>& above,
                                                  const std::string& workspace);

  const std::string proofs_dir_;
  std::mutex mutex_;
  std::shared_ptr<const guard::Pack> above_;  // what packs_ were made from
  std::map<std::string, std::shared_ptr<const guard::Pack>> packs_;
  // What was found wrong, and with which texts: a solver that does not answer takes seconds to say so, and
  // an agent that is refused everything calls often.
  struct Refused {
    Digest texts;
    Error error;
  };
  std::map<std::string, Refused> refused_;
};

}  // namespace weir::daemon
