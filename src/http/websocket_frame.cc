#include "http/websocket_frame.h"

#include <cstring>

#include "base/bytes.h"

namespace weir::http {
namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kRsv1 = 0x40;
constexpr std::uint8_t kRsv23 = 0x30;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint64_t kShortMax = 125;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;
constexpr std::size_t kReasonBytesMax = kShortMax - 2;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes)
    value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i));
}

bool has_meaning(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

Status check_control(const FrameHead& head) {
  if (!is_control(head.opcode)) return {};
  if (!head.fin) return fail("a control frame in fragments");
  if (head.compressed) return fail("a control frame that is compressed");
  if (head.length > kShortMax) return fail("a control frame longer than 125 bytes");
  return {};
}

}  // namespace

Result<std::optional<FrameHead>> parse_frame_head(std::string_view bytes) {
  if (bytes.size() < 2) return std::optional<FrameHead>();
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  if ((first & kRsv23) != 0) return fail("a frame with a reserved bit");
  if (!has_meaning(first & 0x0f)) return fail("a frame with an opcode that has no meaning");
  FrameHead head{.opcode = static_cast<WebSocketOpcode>(first & 0x0f),
                 .fin = (first & kFin) != 0,
                 .compressed = (first & kRsv1) != 0,
                 .key = {},
                 .length = static_cast<std::uint64_t>(second & ~kMasked)};
  const std::size_t more = head.length == kLength16 ? 2 : head.length == kLength64 ? 8 : 0;
  TRY_STATUS(check_control(head));
  head.bytes = 2 + more + ((second & kMasked) != 0 ? 4 : 0);
  if (bytes.size() < head.bytes) return std::optional<FrameHead>();
  if (more > 0) {
    head.length = big_endian(bytes.substr(2, more));
    if (head.length <= kShortMax || (more == 8 && head.length <= UINT16_MAX))
      return fail("a length of a frame in more bytes than it needs");
    if (head.length > INT64_MAX) return fail("a frame longer than a frame can be");
  }
  if ((second & kMasked) != 0) std::memcpy(head.key.emplace().data(), bytes.data() + head.bytes - 4, 4);
  return std::optional(head);
}

void mask_bytes(std::span<char> bytes, const MaskKey& key, std::size_t offset) {
  // The key turned so that it begins at bytes[0], twice: eight bytes at a time, which the compiler widens.
  std::array<std::uint8_t, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i)
    turned[i] = key[(offset + i) % 4];
  std::uint64_t eight_keys;
  std::memcpy(&eight_keys, turned.data(), sizeof eight_keys);
  std::size_t at = 0;
  for (; at + sizeof eight_keys <= bytes.size(); at += sizeof eight_keys) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes.data() + at, sizeof eight);
    eight ^= eight_keys;
    std::memcpy(bytes.data() + at, &eight, sizeof eight);
  }
  for (; at < bytes.size(); ++at)
    bytes[at] = static_cast<char>(static_cast<std::uint8_t>(bytes[at]) ^ turned[at % 4]);
}

Status write_frame(std::string& out, const Frame& frame) {
  const std::uint64_t length = frame.payload.size();
  TRY_STATUS(check_control({.opcode = frame.opcode,
                            .fin = frame.fin,
                            .compressed = frame.compressed,
                            .key = {},
                            .length = length}));
  out += static_cast<char>((frame.fin ? kFin : 0) | (frame.compressed ? kRsv1 : 0) |
                           static_cast<std::uint8_t>(frame.opcode));
  const std::uint8_t masked = frame.key ? kMasked : 0;
  if (length <= kShortMax) {
    out += static_cast<char>(masked | length);
  } else {
    out += static_cast<char>(masked | (length <= UINT16_MAX ? kLength16 : kLength64));
    append_big_endian(out, length, length <= UINT16_MAX ? 2 : 8);
  }
  if (frame.key) out.append(reinterpret_cast<const char*>(frame.key->data()), frame.key->size());
  const std::size_t begin = out.size();
  out += frame.payload;
  if (frame.key) mask_bytes(std::span(out).subspan(begin), *frame.key);
  return {};
}

Status write_close_frame(std::string& out, std::uint16_t code, std::string_view reason,
                         const std::optional<MaskKey>& key) {
  if (!may_send_close_code(code)) return fail("a close code that may not be sent", std::to_string(code));
  if (reason.size() > kReasonBytesMax || !valid_utf8(reason))
    return fail("a reason to close that is not UTF-8 or longer than 123 bytes");
  std::string payload;
  append_big_endian(payload, code, 2);
  payload += reason;
  return write_frame(out, {.opcode = WebSocketOpcode::close, .payload = payload, .key = key});
}

bool may_send_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace weir::http
