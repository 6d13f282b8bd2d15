// What a reader of a log begins with: its checkpoint, checked with a key that was given or, failing that,
// with the one that lies beside it.
#pragma once

#include <optional>
#include <string>

#include "ledger/checkpoint.h"
#include "ledger/disk.h"

namespace weir::ledger {

struct Published {
  Checkpoint checkpoint;
  std::string bytes;  // of the checkpoint
  VerifierKey key;
  bool pinned = false;  // the key was given; else the log vouches only for itself
};

// Errors: not_found (no ledger there, or no checkpoint yet), `corrupt` (malformed, or not signed by the key),
// and `corrupt` too when a key was given and the file `vkey` names another.
Result<Published> read_published(Disk& disk, const std::string& dir, const std::optional<VerifierKey>& key);

}  // namespace weir::ledger
