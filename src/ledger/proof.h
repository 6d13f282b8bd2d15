// C2SP tlog-proof@v1: the evidence that one entry is in a log, as a text file (`.tlog-proof`) that can be
// checked anywhere, offline, with nothing but the log's public key and the entry.
//
//   TRY(Proof proof, prove(*disk, dir, 42));
//   std::string file = format_proof(proof);
//
//   TRY(Proof proof, parse_proof(file));
//   TRY(Checkpoint in, verify_proof(proof, entry, vkey));    // in.size, in.root: the tree it was proved in
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/disk.h"

namespace weir::ledger {

struct Proof {
  std::optional<Bytes> extra;  // opaque, not authenticated; this log writes none
  std::uint64_t index = 0;     // of the entry
  std::vector<Digest> path;    // RFC 6962 section 2.1.1, at most 63
  std::string checkpoint;      // the signed note, verbatim
  bool operator==(const Proof&) const = default;
};

std::string format_proof(const Proof& proof);
// The checkpoint is not looked into. Errors: `invalid` says which line breaks which rule, `limit`.
Result<Proof> parse_proof(std::string_view bytes);

// The proof of entry `index` in the tree that the log's checkpoint covers; the checkpoint's signature is
// checked with the key beside it. Errors: `invalid` when the tree has no such entry, `corrupt`, not_found.
Result<Proof> prove(Disk& disk, const std::string& dir, std::uint64_t index);

// Checks the checkpoint's signature by `key` and the path from the entry to its root. Errors: `denied` (not
// signed by this key), `corrupt` (the path does not fit), `invalid` (malformed).
Result<Checkpoint> verify_proof(const Proof& proof, std::string_view entry, const VerifierKey& key);

}  // namespace weir::ledger
