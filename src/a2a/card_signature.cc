#include "a2a/card_signature.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "a2a/limits.h"
#include "a2a/members.h"

namespace weir::a2a {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

// OpenSSL keeps the errors of a thread in a queue, which TLS of the same thread would take for its own.
struct NoErrorsLeft {
  NoErrorsLeft() { ERR_set_mark(); }
  ~NoErrorsLeft() { ERR_pop_to_mark(); }
  NoErrorsLeft(const NoErrorsLeft&) = delete;
  NoErrorsLeft& operator=(const NoErrorsLeft&) = delete;
};

constexpr std::size_t kEd25519Bytes = 64;
constexpr int kP256Half = 32;
constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr std::int64_t kExactMax = std::int64_t{1} << 53;

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::string to_base64url(ByteView bytes) {
  std::string out = to_base64(bytes);
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  out.erase(std::min(out.find('='), out.size()));
  return out;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  plain.append((4 - plain.size() % 4) % 4, '=');
  return from_base64(plain);
}

// Beyond 2^53 readers disagree about what a number is, so a signature would not say what was signed.
bool exact(const Json& value) {
  if (value.is_uint64()) return false;
  if (value.is_int()) return value.as_int() <= kExactMax && value.as_int() >= -kExactMax;
  if (value.is_array()) return std::ranges::all_of(value.as_array(), exact);
  if (value.is_object())
    return std::ranges::all_of(value.as_object(), [](const auto& member) { return exact(member.second); });
  return true;
}

bool empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.as_string().empty()) ||
         (value.is_array() && value.as_array().empty()) || (value.is_object() && value.as_object().empty());
}

Json without_empty(const Json& value) {
  if (value.is_array()) {
    Json::Array out;
    for (const auto& item : value.as_array())
      if (Json kept = without_empty(item); !empty(kept)) out.push_back(std::move(kept));
    return Json(std::move(out));
  }
  if (!value.is_object()) return value;
  Json::Object out;
  for (const auto& [key, member] : value.as_object())
    if (Json kept = without_empty(member); !empty(kept)) out.emplace_back(key, std::move(kept));
  return Json(std::move(out));
}

// "" for a key that no signature is taken from.
std::string_view algorithm_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return "EdDSA";
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    return bits >= kRsaBitsMin && bits <= kRsaBitsMax ? "RS256" : "";
  }
  char group[32] = {};
  std::size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
      std::string_view(group, length) == "prime256v1")
    return "ES256";
  return "";
}

Result<Key> read_key(const CardKey& pinned) {
  const std::uint8_t* at = pinned.public_key.data();
  Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(pinned.public_key.size())));
  if (!key || at != pinned.public_key.data() + pinned.public_key.size() || algorithm_of(key.get()).empty())
    return fail("the pinned key \"" + printable(pinned.kid, 60) + "\" is no Ed25519, P-256 or RSA key");
  return key;
}

// RFC 7518 3.4 writes r and s side by side; OpenSSL reads them as DER.
Bytes ecdsa_der(const Bytes& signature) {
  if (signature.size() != 2 * kP256Half) return {};
  const std::unique_ptr<ECDSA_SIG, Free> pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.data(), kP256Half, nullptr);
  BIGNUM* s = BN_bin2bn(signature.data() + kP256Half, kP256Half, nullptr);
  CHECK(pair != nullptr && ECDSA_SIG_set0(pair.get(), r, s) == 1);
  std::uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  CHECK(size > 0);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

bool good(EVP_PKEY* key, std::string_view algorithm, Bytes signature, const std::string& signed_text) {
  if (algorithm == "ES256") signature = ecdsa_der(signature);
  if (signature.empty()) return false;
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  const char* digest = algorithm == "EdDSA" ? nullptr : "SHA256";
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(signed_text),
                          signed_text.size()) == 1;
}

struct Signature {
  std::string protected_text;
  std::string algorithm;
  std::string kid;
  Bytes bytes;
};

Result<Signature> read_signature(const Json& json) {
  Members in(json, "signatures", {"protected", "signature", "header"});
  Signature out;
  out.protected_text = in.text("protected", limits::kSecretBytesMax);
  const std::string bytes = in.text("signature", limits::kSecretBytesMax);
  TRY_STATUS(in.status());
  const auto header_bytes = from_base64url(out.protected_text);
  auto signature = from_base64url(bytes);
  if (!header_bytes || !signature) return fail("a signature of the card is not base64url");
  TRY(const Json header,
      parse_json({reinterpret_cast<const char*>(header_bytes->data()), header_bytes->size()}));
  if (!header.is_object() || header.has("crit") || header.has("b64"))
    return fail("a signature of the card asks for extensions of JWS, which are not known");
  out.algorithm = header["alg"].text_or("");
  out.kid = header["kid"].text_or("");
  out.bytes = std::move(*signature);
  return out;
}

Status check(const Json& card) {
  if (!card.is_object()) return fail("a card must be an object");
  if (!exact(card)) return fail("a card holds an integer beyond 2^53, which cannot be signed exactly");
  return {};
}

}  // namespace

Result<SignedCard> verify_card(const Json& card, std::span<const CardKey> pinned) {
  const NoErrorsLeft quiet;
  TRY_STATUS(check(card));
  Members in(card, "card", {"signatures"});
  const auto& signatures = in.list("signatures", limits::kSignaturesMax);
  TRY_STATUS(in.status());
  Json whole = card;
  whole.erase("signatures");
  const Json forms[] = {whole, without_empty(whole)};
  std::string payloads[std::size(forms)];
  for (std::size_t i = 0; i < std::size(forms); ++i) {
    const std::string text = canonical(forms[i]);
    payloads[i] = to_base64url({bytes_of(text), text.size()});
  }
  for (const auto& one : signatures) {
    const auto signature = read_signature(one);
    if (!signature) continue;  // of a kind that is not known; another may be
    for (const auto& trusted : pinned) {
      if (trusted.kid.empty() || trusted.kid != signature->kid) continue;
      TRY(const Key key, read_key(trusted));
      if (algorithm_of(key.get()) != signature->algorithm) continue;
      for (std::size_t i = 0; i < std::size(forms); ++i)
        if (good(key.get(), signature->algorithm, signature->bytes,
                 signature->protected_text + "." + payloads[i]))
          return SignedCard{forms[i], trusted.kid};
    }
  }
  return fail("no signature of the card is good and by a pinned key");
}

Result<Json> sign_card(const Json& card, const std::string& kid, std::span<const std::uint8_t> seed) {
  TRY_STATUS(check(card));
  if (kid.empty() || kid.size() > limits::kIdBytesMax) return fail("a kid must be 1 to 512 bytes");
  if (seed.size() != kSeedBytes) return fail("the seed of an Ed25519 key must be 32 bytes");
  Json plain = card;
  plain.erase("signatures");
  Json out = without_empty(plain);
  const std::string header = canonical(Json::object({{"alg", "EdDSA"}, {"kid", kid}, {"typ", "JOSE"}}));
  const std::string payload = canonical(out);
  const std::string protected_text = to_base64url({bytes_of(header), header.size()});
  const std::string text = protected_text + "." + to_base64url({bytes_of(payload), payload.size()});
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Bytes signature(kEd25519Bytes);
  std::size_t size = signature.size();
  CHECK(key != nullptr && context != nullptr);
  CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  CHECK(EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(text), text.size()) == 1 &&
        size == kEd25519Bytes);
  out.set(
      "signatures",
      Json::array({Json::object({{"protected", protected_text}, {"signature", to_base64url(signature)}})}));
  return out;
}

}  // namespace weir::a2a
