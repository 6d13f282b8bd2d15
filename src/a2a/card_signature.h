// Signatures of agent cards: JWS (RFC 7515) over the canonical form (RFC 8785) of a card without
// "signatures", with a key that was pinned before. What a signature names ("jku", "jwk", "x5u") is never
// used.
//
//   TRY(const SignedCard card, verify_card(parsed, pinned));   // card.card is all that the signature covers
//   TRY(const Json ours, sign_card(rewritten, "weir-1", seed));
//
// The specification (8.4.1) signs the card as it is; the SDKs sign it without members that are "", null, []
// or {}. Either is taken, and the value returned is the form that was signed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"

namespace weir::a2a {

// A key that is trusted for one agent. Its type says the one algorithm that it may be used with: Ed25519 is
// EdDSA, P-256 is ES256, RSA of 2048 to 8192 bits is RS256.
struct CardKey {
  std::string kid;
  Bytes public_key;  // SubjectPublicKeyInfo, DER (RFC 5280)
};

struct SignedCard {
  Json card;        // without "signatures"; members that the signature does not cover are not in it
  std::string kid;  // whose signature it was
};

inline constexpr std::size_t kSeedBytes = 32;  // of a private Ed25519 key (RFC 8032)

// One good signature of a pinned key is enough; others are left alone. Errors: `invalid` when there is none,
// when a pinned key is malformed or a number cannot be signed exactly (integers beyond 2^53), `limit`.
Result<SignedCard> verify_card(const Json& card, std::span<const CardKey> pinned);

// The card without empty members, with one signature (EdDSA, so the same bytes each time) in place of those
// it had. Errors: as verify_card; a kid must be 1 to 512 bytes.
Result<Json> sign_card(const Json& card, const std::string& kid, std::span<const std::uint8_t> seed);

}  // namespace weir::a2a
