// One direction of a WebSocket as messages, each with the exact frames that it came in, so that it can be
// judged as a whole and forwarded untouched (RFC 6455; compressed ones RFC 7692).
//
//   WebSocketReader reader({.from = WebSocketSide::client, .deflate = agreed});
//   while (true) {
//     TRY(auto step, reader.next(waiting));            // an Error: close with reader.close_code()
//     if (step.event) … step.event->payload … forward(step.event->frames) …
//     waiting.remove_prefix(step.taken);
//     if (step.taken == 0) break;                      // until more bytes have come
//   }
//
// `waiting` begins where the taken bytes ended. Control frames between the fragments of a message are events
// of their own, given before it: forwarded as the events come they stand before the message, where RFC 6455
// section 5.4 lets them be. Text is checked to be UTF-8 as it comes. The events are the same however the
// bytes are cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/utf8_check.h"
#include "http/websocket_deflate.h"
#include "http/websocket_frame.h"

namespace weir::http {

enum class WebSocketSide { client, server };

struct WebSocketLimits {
  std::uint64_t frame_bytes_max = limits::kWebSocketFrameBytesMax;
  std::uint64_t message_bytes_max = limits::kWebSocketMessageBytesMax;  // as it came, and as it reads
  std::uint64_t ratio_max = limits::kExpansionRatioMax;
};

// Views, valid until the next call or until `waiting` goes.
struct WebSocketEvent {
  WebSocketOpcode opcode = WebSocketOpcode::text;
  std::string_view payload;  // without mask and compression; of close: the reason
  std::string_view frames;   // the bytes that it came in
  bool compressed = false;
  std::optional<std::uint16_t> close_code;  // of close, when it says one
};

class WebSocketReader {
 public:
  struct Setup {
    WebSocketSide from = WebSocketSide::client;  // whose frames these are
    std::optional<DeflateParameters> deflate;    // when it was agreed on
    WebSocketLimits limits;
  };
  struct Step {
    std::size_t taken = 0;
    std::optional<WebSocketEvent> event;
  };

  explicit WebSocketReader(const Setup& setup);

  // Errors: `invalid`, `limit` (frame, message, fragments, ratio). Behind one nothing more is to be read.
  Result<Step> next(std::string_view waiting);
  // With what to close behind an Error (RFC 6455 section 7.4.1): 1002, 1007 or 1009.
  std::uint16_t close_code() const { return close_code_; }
  // A close frame was read: no byte may come behind it.
  bool closed() const { return closed_; }
  // A frame or a message has begun that has not ended.
  bool inside_message() const { return inside_message_; }

 private:
  Status check_head(const FrameHead& head);
  Result<Step> control(const FrameHead& head, std::string_view waiting);
  Result<Step> begin_frame(const FrameHead& head, std::string_view waiting);
  Result<Step> in_frame(std::string_view waiting, std::size_t taken);
  Status add_payload(std::string_view raw);
  Status check_text(std::string_view added);
  Status finish_message();
  WebSocketEvent event(std::string_view payload, std::string_view frames) const;
  void forget_message();
  std::unexpected<Error> broken(std::uint16_t code, std::string what);

  Setup setup_;
  std::optional<MessageInflater> inflater_;
  FrameHead head_;          // of the data frame that is being read
  std::uint64_t left_ = 0;  // of its payload
  bool inside_frame_ = false;
  bool inside_message_ = false;
  bool given_ = false;  // the message was given and is still in memory
  bool compressed_ = false;
  WebSocketOpcode opcode_ = WebSocketOpcode::text;  // of the message
  std::size_t fragments_ = 0;
  std::uint64_t message_bytes_ = 0;  // of all payloads of the message, as they came
  Utf8Check text_;
  Expansion expansion_;
  std::string frames_;
  std::string payload_;
  std::string unmasked_;  // a piece of a compressed payload; the payload of a control frame
  bool closed_ = false;
  std::uint16_t close_code_ = 1002;
};

}  // namespace weir::http
