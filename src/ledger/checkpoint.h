// C2SP tlog-checkpoint: a signed note that says "the log ORIGIN has SIZE entries and this root".
//
//   weir.local/3f8a…
//   1024
//   CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
//   — weir.local/3f8a… Az3grl…
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "ledger/note.h"

namespace weir::ledger {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};
  std::vector<std::string> extensions;  // lines after the third; this log writes none
  bool operator==(const Checkpoint&) const = default;
};

// The text of the note. CHECKs that the origin is one non-empty line.
std::string checkpoint_text(const Checkpoint& checkpoint);
// Strict: at least three non-empty lines, a size without leading zeroes up to 2^63-1, a root of 32 bytes.
Result<Checkpoint> parse_checkpoint_text(std::string_view text);

// The checkpoint as a note signed by `signer`, whose name is the origin.
std::string sign_checkpoint(std::uint64_t size, const Digest& root, const Signer& signer);
// Parses the note, checks its signature by `key` and that the origin is the key's name. Errors: `invalid`
// (malformed), `denied` (not by this key).
Result<Checkpoint> open_checkpoint(std::string_view bytes, const VerifierKey& key);

}  // namespace weir::ledger
