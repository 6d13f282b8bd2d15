// A copy of a log's static files, as a web server or another host serves them: `checkpoint`, `vkey` and
// `tile/…`. The copy is complete at every moment: tiles come first, the checkpoint last.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/disk.h"

namespace weir::ledger {

struct MirrorReport {
  std::uint64_t size = 0;     // entries that the copy now has
  std::uint64_t written = 0;  // files
  std::uint64_t kept = 0;     // files that were there already
};

// Copies the log in `dir` to `to`, which is created, or brought up to date when it is an earlier copy of the
// same log. Errors: those of read_published(); `exists` when `to` holds something else, another log or one
// that this one does not extend.
Result<MirrorReport> mirror(Disk& disk, const std::string& dir, const std::string& to);

}  // namespace weir::ledger
