// Sealing: a draft becomes frames that can be written as they are, with its body compressed, encrypted and
// committed to. This is the expensive part of storing; any thread may do it.
//
// Payload of a body frame (docs/formats/bodies.md), little-endian:
//
//   body   = head sealed
//   head   = key_id:16 ref:32 nonce:24 plain_bytes:u32 encoding:u8 zero:3     80   encoding 0 plain, 1 zstd
//   sealed = XChaCha20-Poly1305(encryption key, nonce, additional data = head, encoded body)
//
//   ref        = HMAC-SHA-256(address key, plain)        the same content in a session has the same address
//   salt       = HMAC-SHA-256(salt key, ref)
//   commitment = SHA-256(salt ‖ plain)                   what the ledger entry holds
//
// With the key gone nobody can compute ref, salt or plain: the commitment stays, and tells nothing.
#pragma once

#include <optional>
#include <string>

#include "base/hash.h"
#include "event/event.h"
#include "store/frame.h"
#include "store/keys.h"
#include "store/record.h"

namespace weir::store {

// A record ready to be appended.
struct Sealed {
  Frame record;
  std::optional<Frame> body;
  event::BodyRef body_ref;  // empty without a body; stands in the envelope too, as "body"
  Digest ref{};             // body_ref.ref as bytes
  bool has_body() const { return body.has_value(); }
};

// Errors: limit (envelope, body or names too long), invalid (envelope not an object, body without a session
// root), and those of KeyRing::get_or_create.
Result<Sealed> seal(KeyRing& keys, Draft draft);

inline constexpr std::size_t kBodyHeadBytes = 80;

struct BodyHead {
  KeyId key_id{};
  Digest ref{};
  std::array<std::uint8_t, 24> nonce{};
  std::uint32_t plain_bytes = 0;
  bool zstd = false;
};
Result<BodyHead> decode_body_head(ByteView payload);

// The plain body. Errors: erased (sealed with another key than this one, which is the session's now),
// corrupt.
Result<std::string> open_body(const SessionKey& key, ByteView payload);

Digest commitment_salt(const SessionKey& key, const Digest& ref);

}  // namespace weir::store
