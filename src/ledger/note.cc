#include "ledger/note.h"

#include <sodium.h>

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/limits.h"

namespace weir::ledger {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash and space open a signature line
constexpr std::uint8_t kEd25519 = 0x01;              // signed-note, "Signature types"

// The characters with the White_Space property (Unicode 15.1, PropList.txt), in UTF-8. Control characters
// among them are refused anyway.
constexpr std::string_view kSpaces[] = {" ",
                                        "\xC2\x85",
                                        "\xC2\xA0",
                                        "\xE1\x9A\x80",
                                        "\xE2\x80\x80",
                                        "\xE2\x80\x81",
                                        "\xE2\x80\x82",
                                        "\xE2\x80\x83",
                                        "\xE2\x80\x84",
                                        "\xE2\x80\x85",
                                        "\xE2\x80\x86",
                                        "\xE2\x80\x87",
                                        "\xE2\x80\x88",
                                        "\xE2\x80\x89",
                                        "\xE2\x80\x8A",
                                        "\xE2\x80\xA8",
                                        "\xE2\x80\xA9",
                                        "\xE2\x80\xAF",
                                        "\xE2\x81\x9F",
                                        "\xE3\x80\x80"};

std::uint32_t key_id_of(const std::string& name, const PublicKey& key) {
  const std::uint8_t type[] = {'\n', kEd25519};
  const Digest digest = sha256({as_bytes(name), ByteView(type), ByteView(key)});
  return std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 | std::uint32_t{digest[2]} << 8 |
         digest[3];
}

std::array<std::uint8_t, 4> big_endian(std::uint32_t id) {
  return {static_cast<std::uint8_t>(id >> 24), static_cast<std::uint8_t>(id >> 16),
          static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
}

// "— name base64", without the newline.
Result<Signature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return fail("a signature line does not begin with an em dash and a space");
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return fail("a signature line has no signature behind the name");
  const std::string_view name = line.substr(0, space);
  if (!valid_key_name(name)) return fail("the key name of a signature is empty or has a space or plus");
  const auto bytes = from_base64(line.substr(space + 1));
  if (!bytes) return fail("a signature is not base64");
  if (bytes->size() < 5) return fail("a signature is shorter than key id and one byte");
  Signature signature;
  signature.name = name;
  signature.key_id = std::uint32_t{(*bytes)[0]} << 24 | std::uint32_t{(*bytes)[1]} << 16 |
                     std::uint32_t{(*bytes)[2]} << 8 | (*bytes)[3];
  signature.bytes.assign(bytes->begin() + 4, bytes->end());
  return signature;
}

std::optional<std::uint32_t> parse_key_id(std::string_view hex) {
  const auto bytes = from_hex(hex);
  // Lower case only: one key has one vkey.
  if (!bytes || bytes->size() != 4 || to_hex(*bytes) != hex) return std::nullopt;
  return std::uint32_t{(*bytes)[0]} << 24 | std::uint32_t{(*bytes)[1]} << 16 |
         std::uint32_t{(*bytes)[2]} << 8 | (*bytes)[3];
}

}  // namespace

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > limits::kLedgerNoteBytesMax)
    return fail(ErrorCode::limit,
                "the note is longer than " + std::to_string(limits::kLedgerNoteBytesMax) + " bytes");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  if (std::any_of(bytes.begin(), bytes.end(), control)) return fail("the note has a control character");
  if (!valid_utf8(bytes)) return fail("the note is not UTF-8");
  const auto blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) return fail("the note has no blank line before its signatures");
  Note note;
  note.text = bytes.substr(0, blank + 1);
  std::string_view rest = bytes.substr(blank + 2);
  if (!rest.ends_with('\n')) return fail("the note has no signature or does not end with a newline");
  rest.remove_suffix(1);
  for (const std::string_view line : split(rest, '\n')) {
    if (note.signatures.size() == limits::kLedgerNoteSignaturesMax)
      return fail(ErrorCode::limit, "the note has more than " +
                                        std::to_string(limits::kLedgerNoteSignaturesMax) + " signatures");
    TRY(Signature signature, parse_signature(line));
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

std::string format_note(const Note& note) {
  std::string bytes = note.text + "\n";
  for (const Signature& signature : note.signatures) {
    const auto id = big_endian(signature.key_id);
    Bytes raw(id.begin(), id.end());
    raw.insert(raw.end(), signature.bytes.begin(), signature.bytes.end());
    bytes += kDash;
    bytes += signature.name + " " + to_base64(raw) + "\n";
  }
  return bytes;
}

bool valid_key_name(std::string_view name) {
  if (name.empty() || !valid_utf8(name) || name.find('+') != std::string_view::npos) return false;
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
    return false;
  return std::none_of(std::begin(kSpaces), std::end(kSpaces),
                      [&](std::string_view space) { return name.find(space) != std::string_view::npos; });
}

VerifierKey::VerifierKey(std::string name, const PublicKey& key)
    : name_(std::move(name)), key_(key), id_(key_id_of(name_, key_)) {
  CHECK(valid_key_name(name_));
}

Result<VerifierKey> VerifierKey::parse(std::string_view vkey) {
  const std::string_view hint = "a verifier key looks like name+1234abcd+Aek…";
  // The name has no plus, but base64 may: only the first two separate.
  const auto first = vkey.find('+');
  const auto second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == std::string_view::npos)
    return fail("the verifier key has not three parts", {}, std::string(hint));
  const std::string_view name = vkey.substr(0, first);
  if (!valid_key_name(name)) return fail("the verifier key has no valid name", {}, std::string(hint));
  const auto id = parse_key_id(vkey.substr(first + 1, second - first - 1));
  if (!id) return fail("the verifier key's id is not 8 lower-case hex digits", {}, std::string(hint));
  const auto raw = from_base64(vkey.substr(second + 1));
  if (!raw || raw->empty()) return fail("the verifier key's last part is not base64", {}, std::string(hint));
  if (raw->front() != kEd25519 || raw->size() != 33)
    return fail("the verifier key is not an Ed25519 key (type 0x01, 32 bytes)");
  PublicKey key;
  std::copy(raw->begin() + 1, raw->end(), key.begin());
  VerifierKey parsed{std::string(name), key};
  if (parsed.id_ != *id)
    return fail("the verifier key's id does not belong to its name and key", {},
                "copy the whole key again; a character was changed");
  return parsed;
}

std::string VerifierKey::text() const {
  Bytes raw{kEd25519};
  raw.insert(raw.end(), key_.begin(), key_.end());
  return name_ + "+" + to_hex(big_endian(id_)) + "+" + to_base64(raw);
}

bool VerifierKey::verifies(std::string_view text, const Signature& signature) const {
  CHECK(sodium_init() >= 0);
  return signature.bytes.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.bytes.data(), as_bytes(text).data(), text.size(),
                                     key_.data()) == 0;
}

Status verify_note(const Note& note, std::span<const VerifierKey> keys) {
  bool verified = false;
  for (const Signature& signature : note.signatures) {
    for (const VerifierKey& key : keys) {
      if (signature.name != key.name() || signature.key_id != key.id()) continue;
      if (!key.verifies(note.text, signature))
        return fail(ErrorCode::denied, "the signature by " + key.name() + " is wrong");
      verified = true;
    }
  }
  if (!verified) return fail(ErrorCode::denied, "no signature by the given key");
  return {};
}

PublicKey public_key_of(std::span<const std::uint8_t, 32> seed) {
  CHECK(sodium_init() >= 0);
  os::SecretKey<64> secret;
  PublicKey key;
  CHECK(crypto_sign_seed_keypair(key.data(), secret.bytes.data(), seed.data()) == 0);
  return key;
}

Signer::Signer(std::string name, std::span<const std::uint8_t, 32> seed)
    : verifier_(std::move(name), public_key_of(seed)) {
  PublicKey key;
  CHECK(crypto_sign_seed_keypair(key.data(), secret_.bytes.data(), seed.data()) == 0);
}

void Signer::sign(Note& note) const {
  Signature signature{verifier_.name(), verifier_.id(), Bytes(crypto_sign_BYTES)};
  CHECK(crypto_sign_detached(signature.bytes.data(), nullptr, as_bytes(note.text).data(), note.text.size(),
                             secret_.bytes.data()) == 0);
  note.signatures.push_back(std::move(signature));
}

}  // namespace weir::ledger
