// The log's signing key on disk: one line in the encoding of Go's note package, mode 0600.
//
//   PRIVATE+KEY+<name>+<hex key id>+<base64(0x01 || seed)>
//
// Its name is the log's origin and is fixed when the key is made.
#pragma once

#include <string>

#include "ledger/note.h"

namespace weir::ledger {

// Loads the key, or creates one on first use (directories 0700). A new key is named
// "weir.local/<16 hex digits>", derived from `host` and the public key: unique for each log, and the host's
// name cannot be read from it. Two processes creating at once end with the same key.
// Errors: `denied` (readable or writable by others, or not a regular file), `invalid` (not such a line).
Result<Signer> load_or_create_key(const std::string& path, const std::string& host);

// Error not_found when there is none.
Result<Signer> load_key(const std::string& path);

// "weir.local/…" as described above.
std::string default_origin(std::string_view host, const PublicKey& key);

}  // namespace weir::ledger
