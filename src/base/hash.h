// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), from OpenSSL.
#pragma once

#include <array>
#include <initializer_list>
#include <string>

#include "base/bytes.h"

namespace weir {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(ByteView bytes);
inline Digest sha256(std::string_view text) {
  return sha256(as_bytes(text));
}
// The hash of the concatenation of the parts.
Digest sha256(std::initializer_list<ByteView> parts);
Digest hmac_sha256(ByteView key, ByteView message);

// "sha256:" + 64 hex digits: how digests are written in every format of Weir.
std::string digest_text(const Digest& digest);

}  // namespace weir
