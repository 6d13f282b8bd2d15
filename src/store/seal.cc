#include "store/seal.h"

#include <sodium.h>

#include <algorithm>

#include "store/codec.h"

namespace weir::store {
namespace {

constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kZstd = 1;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

std::string encode_head(const BodyHead& head) {
  std::string out(as_text(head.key_id));
  out += as_text(head.ref);
  out += as_text(head.nonce);
  put(out, head.plain_bytes);
  put(out, head.zstd ? kZstd : kPlain);
  out.append(3, '\0');
  CHECK(out.size() == kBodyHeadBytes);
  return out;
}

Frame encrypt(const SessionKey& key, const Digest& ref, std::string_view plain) {
  const std::string packed = compress(plain);
  const std::string_view encoded = packed.empty() ? plain : packed;
  // A random nonce, not one from the content: another version of zstd may encode the same content otherwise.
  const BodyHead head{key.id, ref, os::random_bytes<24>(), static_cast<std::uint32_t>(plain.size()),
                      !packed.empty()};
  std::string payload = encode_head(head);
  payload.resize(kBodyHeadBytes + encoded.size() + kTagBytes);
  auto* out = reinterpret_cast<unsigned char*>(payload.data());
  unsigned long long sealed_bytes = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      out + kBodyHeadBytes, &sealed_bytes, reinterpret_cast<const unsigned char*>(encoded.data()),
      encoded.size(), out, kBodyHeadBytes, nullptr, head.nonce.data(), key.encryption.bytes.data());
  CHECK(sealed_bytes == encoded.size() + kTagBytes);
  return Frame{.type = FrameType::body,
               .plain_bytes = static_cast<std::uint32_t>(payload.size()),
               .payload = std::move(payload)};
}

}  // namespace

Result<Sealed> seal(KeyRing& keys, Draft draft) {
  if (!draft.envelope.is_object()) return fail("an envelope must be a JSON object", draft.id);
  Sealed sealed;
  if (!draft.body.empty()) {
    if (draft.body.size() > limits::kStoreBodyBytesMax)
      return fail(ErrorCode::limit,
                  "the body is longer than " + std::to_string(limits::kStoreBodyBytesMax) + " bytes",
                  draft.id);
    TRY(const auto key, keys.get_or_create(draft.root));
    sealed.ref = hmac_sha256(key->address.bytes, as_bytes(draft.body));
    const Digest salt = commitment_salt(*key, sealed.ref);
    sealed.body_ref = {to_hex(sealed.ref), digest_text(sha256({ByteView(salt), as_bytes(draft.body)})),
                       draft.body.size()};
    draft.envelope.set("body", Json::object({{"ref", sealed.body_ref.ref},
                                             {"commitment", sealed.body_ref.commitment},
                                             {"bytes", sealed.body_ref.bytes}}));
    sealed.body = encrypt(*key, sealed.ref, draft.body);
  }
  TRY(std::string payload,
      encode_record(
          {draft.kind, draft.id, draft.root, draft.session, draft.seq, canonical(draft.envelope), {}}));
  sealed.record = make_frame(FrameType::record, std::move(payload));
  return sealed;
}

Digest commitment_salt(const SessionKey& key, const Digest& ref) {
  return hmac_sha256(key.salt.bytes, ref);
}

Result<BodyHead> decode_body_head(ByteView payload) {
  if (payload.size() < kBodyHeadBytes) return fail(ErrorCode::corrupt, "a body is shorter than its head");
  BodyHead head;
  std::copy_n(payload.begin(), head.key_id.size(), head.key_id.begin());
  std::copy_n(payload.begin() + 16, head.ref.size(), head.ref.begin());
  std::copy_n(payload.begin() + 48, head.nonce.size(), head.nonce.begin());
  head.plain_bytes = get<std::uint32_t>(payload, 72);
  if (payload[76] > kZstd) return fail(ErrorCode::corrupt, "a body has an unknown encoding");
  head.zstd = payload[76] == kZstd;
  return head;
}

Result<std::string> open_body(const SessionKey& key, ByteView payload) {
  TRY(const BodyHead head, decode_body_head(payload));
  if (head.key_id != key.id)
    return fail(ErrorCode::erased, "this content was erased: its key no longer exists", to_hex(head.ref));
  const auto damaged = [&](std::string_view what) {
    return fail(ErrorCode::corrupt, std::string(what), to_hex(head.ref));
  };
  if (payload.size() < kBodyHeadBytes + kTagBytes || head.plain_bytes > limits::kStoreBodyBytesMax)
    return damaged("a body has an impossible length");
  std::string encoded(payload.size() - kBodyHeadBytes - kTagBytes, '\0');
  unsigned long long bytes = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          reinterpret_cast<unsigned char*>(encoded.data()), &bytes, nullptr, payload.data() + kBodyHeadBytes,
          payload.size() - kBodyHeadBytes, payload.data(), kBodyHeadBytes, head.nonce.data(),
          key.encryption.bytes.data()) != 0)
    return damaged("a body does not decrypt: it was altered");
  if (head.zstd) {
    TRY(encoded, decompress(encoded, head.plain_bytes));
  }
  if (encoded.size() != head.plain_bytes || hmac_sha256(key.address.bytes, as_bytes(encoded)) != head.ref)
    return damaged("a body is not what its address says");
  return encoded;
}

}  // namespace weir::store
