#include "net/hook_wire.h"

#include <sodium.h>

namespace weir::net {
namespace {

constexpr std::string_view kMagic = "WEIR";
constexpr std::string_view kDomain{"weir-hook-answer-v1\0", 20};
constexpr std::size_t kSignatureBytes = crypto_sign_BYTES;

template <class Unsigned>
void put(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    out += static_cast<char>(value >> (8 * i));
}

// A cursor over hostile bytes: every read says whether there was enough.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class Unsigned>
  bool number(Unsigned& value) {
    if (bytes_.size() < sizeof value) return false;
    value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = static_cast<Unsigned>(
          value | (static_cast<Unsigned>(static_cast<unsigned char>(bytes_[i])) << (8 * i)));
    bytes_.remove_prefix(sizeof value);
    return true;
  }

  bool take(std::size_t count, std::string_view& part) {
    if (bytes_.size() < count) return false;
    part = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return true;
  }

  template <class Length>
  bool text(std::string& value) {
    Length length = 0;
    std::string_view part;
    if (!number(length) || !take(length, part)) return false;
    value = part;
    return true;
  }

  bool done() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

void append_hash(std::string& message, std::string_view bytes) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  message.append(reinterpret_cast<const char*>(hash), sizeof hash);
}

std::string signed_message(const HookReply& reply, std::string_view request) {
  std::string message(kDomain);
  append_hash(message, request);
  message += static_cast<char>(reply.exit_code);
  append_hash(message, reply.out);
  append_hash(message, reply.err);
  return message;
}

}  // namespace

std::string frame(FrameType type, std::string_view body) {
  std::string out(kMagic);
  out += static_cast<char>(kFrameVersion);
  out += static_cast<char>(type);
  put(out, std::uint16_t{0});
  put(out, static_cast<std::uint32_t>(body.size()));
  return out.append(body);
}

std::optional<FrameHeader> parse_frame_header(std::string_view bytes) {
  Reader reader(bytes);
  std::string_view magic;
  std::uint8_t version = 0;
  std::uint8_t type = 0;
  std::uint16_t reserved = 0;
  std::uint32_t length = 0;
  if (!reader.take(kMagic.size(), magic) || magic != kMagic || !reader.number(version) ||
      version != kFrameVersion)
    return std::nullopt;
  if (!reader.number(type) || type < 1 || type > 2 || !reader.number(reserved) || reserved != 0)
    return std::nullopt;
  if (!reader.number(length)) return std::nullopt;
  return FrameHeader{static_cast<FrameType>(type), length};
}

std::string request_body(const HookRequest& request) {
  std::string out(reinterpret_cast<const char*>(request.nonce.data()), request.nonce.size());
  put(out, static_cast<std::uint16_t>(request.agent.size()));
  out += request.agent;
  put(out, static_cast<std::uint16_t>(request.event.size()));
  out += request.event;
  put(out, static_cast<std::uint32_t>(request.payload.size()));
  return out += request.payload;
}

std::optional<HookRequest> parse_request(std::string_view body) {
  HookRequest request;
  Reader reader(body);
  std::string_view nonce;
  if (!reader.take(request.nonce.size(), nonce)) return std::nullopt;
  for (std::size_t i = 0; i < nonce.size(); ++i)
    request.nonce[i] = static_cast<std::uint8_t>(nonce[i]);
  if (!reader.text<std::uint16_t>(request.agent) || !reader.text<std::uint16_t>(request.event) ||
      !reader.text<std::uint32_t>(request.payload) || !reader.done())
    return std::nullopt;
  return request;
}

std::string answer_body(const HookReply& reply, std::string_view request, const SigningKey& key) {
  std::string out;
  out += static_cast<char>(reply.exit_code);
  put(out, static_cast<std::uint32_t>(reply.out.size()));
  out += reply.out;
  put(out, static_cast<std::uint32_t>(reply.err.size()));
  out += reply.err;
  const std::string message = signed_message(reply, request);
  unsigned char signature[kSignatureBytes];
  crypto_sign_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                       message.size(), key.data());
  return out.append(reinterpret_cast<const char*>(signature), sizeof signature);
}

std::optional<HookReply> open_answer(std::string_view body, std::string_view request, const PublicKey& key) {
  HookReply reply;
  Reader reader(body);
  std::uint8_t exit_code = 0;
  std::string_view signature;
  if (!reader.number(exit_code) || !reader.text<std::uint32_t>(reply.out) ||
      !reader.text<std::uint32_t>(reply.err) || !reader.take(kSignatureBytes, signature) || !reader.done())
    return std::nullopt;
  reply.exit_code = exit_code;
  const std::string message = signed_message(reply, request);
  if (crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(signature.data()),
                                  reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                                  key.data()) != 0)
    return std::nullopt;
  return reply;
}

}  // namespace weir::net
