// The whole of a ledger checked, read-only: every entry bundle, every tile, every hash up to the root, the
// checkpoint's signature, and that it extends an older checkpoint. Works on any copy, without the private
// key.
//
//   TRY(VerifyReport report, verify(*disk, dir, {.key = pinned, .since = old_checkpoint_bytes}));
//   for (const Problem& problem : report.problems) …
//
// Without a key from outside a ledger vouches only for itself (`pinned` false, "self-asserted"): whoever can
// replace the directory can replace the key in it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/disk.h"

namespace weir::ledger {

struct VerifyOptions {
  std::optional<VerifierKey> key;    // what the checkpoint must be signed with
  std::optional<std::string> since;  // bytes of a checkpoint kept from earlier
  // Called now and then with the entries checked so far; may be empty.
  std::function<void(std::uint64_t checked, std::uint64_t size)> progress;
};

struct Problem {
  std::string what;
  std::string where;                   // path below the ledger's directory
  std::optional<std::uint64_t> entry;  // index of the (first) entry it is about
};

struct VerifyReport {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};
  std::string vkey;
  bool pinned = false;
  std::optional<std::uint64_t> since_size;  // of the older checkpoint
  std::uint64_t tiles = 0;                  // files checked
  std::uint64_t bundles = 0;
  std::uint64_t unsigned_files = 0;  // beyond the checkpoint: written, not signed yet
  std::vector<std::string> strays;   // below tile/, but no tile: not part of the log
  std::vector<Problem> problems;     // none: everything agrees
  bool cut = false;                  // stopped at limits::kLedgerProblemsMax
  bool ok() const { return problems.empty(); }
};

// Errors: those of read_published() (there is nothing to verify, or its checkpoint is not valid); for the
// older checkpoint `invalid` when it is malformed, `denied` when another key signed it. Everything below the
// checkpoint is reported as problems.
Result<VerifyReport> verify(Disk& disk, const std::string& dir, const VerifyOptions& options = {});
// On this machine's disk.
Result<VerifyReport> verify(const std::string& dir, const VerifyOptions& options = {});

}  // namespace weir::ledger
