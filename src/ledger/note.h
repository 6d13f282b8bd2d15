// C2SP signed-note: a text and the signatures under it.
//
//   TRY(Note note, parse_note(bytes));
//   TRY(VerifierKey key, VerifierKey::parse("example.com/log+530d903a+AekyeR…"));
//   TRY_STATUS(verify_note(note, {&key, 1}));      // only now note.text may be believed
//
//   note = Note{.text = "example.com/log\n0\n…\n"};
//   signer.sign(note);
//   std::string bytes = format_note(note);
//
// Of the signature types only Ed25519 (0x01) is known here; signatures by unknown keys are kept and ignored,
// as the specification demands (witness cosignatures, other algorithms).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "os/random.h"

namespace weir::ledger {

struct Signature {
  std::string name;  // of the key
  std::uint32_t key_id = 0;
  Bytes bytes;  // what follows the key id; 64 bytes for Ed25519
  bool operator==(const Signature&) const = default;
};

struct Note {
  std::string text;  // with its final newline
  std::vector<Signature> signatures;
  bool operator==(const Note&) const = default;
};

// Errors: `invalid` says which rule is broken, `limit` beyond limits::kLedgerNote….
Result<Note> parse_note(std::string_view bytes);
// The bytes of a note: parse_note of them gives the note back, and format_note of that the same bytes.
std::string format_note(const Note& note);

// Non-empty UTF-8 without control characters, Unicode spaces and "+".
bool valid_key_name(std::string_view name);

using PublicKey = std::array<std::uint8_t, 32>;  // Ed25519, RFC 8032

class VerifierKey {
 public:
  VerifierKey(std::string name, const PublicKey& key);  // CHECKs the name
  // "<name>+<hex key id>+<base64(0x01 || key)>". Errors: `invalid`, also for types other than Ed25519.
  static Result<VerifierKey> parse(std::string_view vkey);

  std::string text() const;  // the vkey
  const std::string& name() const { return name_; }
  std::uint32_t id() const { return id_; }
  bool verifies(std::string_view text, const Signature& signature) const;
  bool operator==(const VerifierKey&) const = default;

 private:
  std::string name_;
  PublicKey key_{};
  std::uint32_t id_ = 0;
};

// At least one signature by one of `keys`, and none by them that is wrong. Error `denied`.
Status verify_note(const Note& note, std::span<const VerifierKey> keys);

// An Ed25519 signing key with its name; the secret is wiped when the Signer goes.
class Signer {
 public:
  // From the 32-byte seed of RFC 8032. CHECKs the name.
  Signer(std::string name, std::span<const std::uint8_t, 32> seed);
  Signer(Signer&&) = default;
  Signer& operator=(Signer&&) = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  const VerifierKey& verifier() const { return verifier_; }
  // Adds this key's signature over the text.
  void sign(Note& note) const;

 private:
  os::SecretKey<64> secret_;
  VerifierKey verifier_;
};

// The public key that belongs to a seed.
PublicKey public_key_of(std::span<const std::uint8_t, 32> seed);

}  // namespace weir::ledger
