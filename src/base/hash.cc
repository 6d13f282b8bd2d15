#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/result.h"

namespace weir {

Digest sha256(ByteView bytes) {
  return sha256({bytes});
}

Digest sha256(std::initializer_list<ByteView> parts) {
  Digest digest;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  CHECK(context != nullptr);
  CHECK(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
  for (const ByteView part : parts)
    CHECK(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  EVP_MD_CTX_free(context);
  return digest;
}

Digest hmac_sha256(ByteView key, ByteView message) {
  Digest digest;
  unsigned length = 0;
  // OpenSSL wants a non-null key pointer even for an empty key.
  static constexpr std::uint8_t kNone = 0;
  CHECK(HMAC(EVP_sha256(), key.empty() ? &kNone : key.data(), static_cast<int>(key.size()), message.data(),
             message.size(), digest.data(), &length) != nullptr);
  CHECK(length == digest.size());
  return digest;
}

std::string digest_text(const Digest& digest) {
  return "sha256:" + to_hex(digest);
}

}  // namespace weir
