#include "base/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

#include "base/result.h"

namespace weir {
namespace {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// Looking an algorithm up among OpenSSL's providers costs more than hashing a kilobyte, and the shorthands
// (EVP_sha256, HMAC) look it up every time. So it is looked up once.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

// To be duplicated; knows its digest already.
const EVP_MAC_CTX* hmac_template() {
  static const EVP_MAC_CTX* const made = [] {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    CHECK(algorithm != nullptr);
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    CHECK(context != nullptr && EVP_MAC_CTX_set_params(context, parameters) == 1);
    return context;
  }();
  return made;
}

}  // namespace

Digest sha256(ByteView bytes) {
  return sha256({bytes});
}

Digest sha256(std::initializer_list<ByteView> parts) {
  Digest digest;
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  CHECK(EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1);
  for (const ByteView part : parts)
    CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

Digest hmac_sha256(ByteView key, ByteView message) {
  Digest digest;
  std::size_t length = 0;
  // OpenSSL takes a null key for "the key of before".
  static constexpr std::uint8_t kNone = 0;
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_dup(hmac_template()));
  CHECK(context != nullptr);
  CHECK(EVP_MAC_init(context.get(), key.empty() ? &kNone : key.data(), key.size(), nullptr) == 1);
  CHECK(EVP_MAC_update(context.get(), message.data(), message.size()) == 1);
  CHECK(EVP_MAC_final(context.get(), digest.data(), &length, digest.size()) == 1);
  CHECK(length == digest.size());
  return digest;
}

std::string digest_text(const Digest& digest) {
  return "sha256:" + to_hex(digest);
}

}  // namespace weir
