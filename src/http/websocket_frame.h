// Frames of WebSocket (RFC 6455 section 5), read strictly and written.
//
//   TRY(auto head, parse_frame_head(bytes));        // none: more is needed
//   mask_bytes(payload, head->key);                 // masks and unmasks
//   TRY_STATUS(write_frame(out, {.opcode = WebSocketOpcode::text, .payload = text}));
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::http {

enum class WebSocketOpcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

constexpr bool is_control(WebSocketOpcode opcode) {
  return opcode >= WebSocketOpcode::close;
}

using MaskKey = std::array<std::uint8_t, 4>;

struct FrameHead {
  WebSocketOpcode opcode = WebSocketOpcode::text;
  bool fin = true;
  bool compressed = false;     // RSV1
  std::optional<MaskKey> key;  // of what a client sends
  std::uint64_t length = 0;    // of the payload
  std::size_t bytes = 0;       // of this head: 2 to 14
};

// Error `invalid`: RSV2 or RSV3, an opcode without a meaning, a length in more bytes than it needs or above
// 2^63 - 1, a control frame that is fragmented, compressed or longer than 125 bytes. Whose frames are masked,
// and what may follow what, is judged by WebSocketReader.
Result<std::optional<FrameHead>> parse_frame_head(std::string_view bytes);

// XOR with the key, whose byte for bytes[0] is key[offset % 4].
void mask_bytes(std::span<char> bytes, const MaskKey& key, std::size_t offset = 0);

struct Frame {
  WebSocketOpcode opcode = WebSocketOpcode::text;
  std::string_view payload;
  bool fin = true;
  bool compressed = false;
  std::optional<MaskKey> key;  // fresh and unpredictable, of a client; none of a server
};
// Appended to `out`. Error `invalid` for a control frame that no reader takes.
Status write_frame(std::string& out, const Frame& frame);
// Error `invalid` for a code that may not be sent, a reason that is not UTF-8 or longer than 123 bytes.
Status write_close_frame(std::string& out, std::uint16_t code, std::string_view reason,
                         const std::optional<MaskKey>& key);

// May a close frame carry it? RFC 6455 section 7.4 and the registry of IANA: 1000-1003, 1007-1014, 3000-4999.
bool may_send_close_code(std::uint16_t code);

}  // namespace weir::http
