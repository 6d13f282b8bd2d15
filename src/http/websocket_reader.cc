#include "http/websocket_reader.h"

#include <algorithm>

#include "base/bytes.h"

namespace weir::http {
namespace {

constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kNotText = 1007;
constexpr std::uint16_t kTooBig = 1009;

void forget(std::string& bytes) {
  if (bytes.capacity() > limits::kWebSocketKeptBytesMax)
    std::string().swap(bytes);
  else
    bytes.clear();
}

}  // namespace

WebSocketReader::WebSocketReader(const Setup& setup) : setup_(setup) {
  if (!setup.deflate) return;
  const auto& agreed = *setup.deflate;
  if (setup.from == WebSocketSide::client)
    inflater_.emplace(agreed.client_window_bits, agreed.client_no_context_takeover);
  else
    inflater_.emplace(agreed.server_window_bits, agreed.server_no_context_takeover);
}

Result<WebSocketReader::Step> WebSocketReader::next(std::string_view waiting) {
  if (std::exchange(given_, false)) forget_message();
  if (waiting.empty()) return Step{};
  if (closed_) return broken(kProtocolError, "bytes behind a close frame");
  if (inside_frame_) return in_frame(waiting, 0);
  const auto parsed = parse_frame_head(waiting);
  if (!parsed) return broken(kProtocolError, parsed.error().what);
  if (!*parsed) return Step{};
  const FrameHead& head = **parsed;
  TRY_STATUS(check_head(head));
  if (is_control(head.opcode)) return control(head, waiting);
  return begin_frame(head, waiting);
}

Status WebSocketReader::check_head(const FrameHead& head) {
  const bool from_client = setup_.from == WebSocketSide::client;
  if (head.key.has_value() != from_client)
    return broken(kProtocolError,
                  from_client ? "a frame of a client without a mask" : "a frame of a server with a mask");
  if (is_control(head.opcode)) return {};
  const bool goes_on = head.opcode == WebSocketOpcode::continuation;
  if (goes_on != inside_message_)
    return broken(kProtocolError, goes_on ? "a fragment of no message" : "a message inside a message");
  if (head.compressed && (goes_on || !inflater_))
    return broken(kProtocolError, "a frame that is compressed where none may be");
  const auto& most = setup_.limits;
  const std::uint64_t before = inside_message_ ? message_bytes_ : 0;
  if (head.length > most.frame_bytes_max) return broken(kTooBig, "a frame longer than it may be");
  if (head.length > most.message_bytes_max || before > most.message_bytes_max - head.length)
    return broken(kTooBig, "a message longer than it may be");
  if (inside_message_ && fragments_ >= limits::kWebSocketFragmentsMax)
    return broken(kTooBig, "a message in more fragments than it may have");
  return {};
}

// Short, so it is awaited whole; what it says is checked here and acted on by the caller.
Result<WebSocketReader::Step> WebSocketReader::control(const FrameHead& head, std::string_view waiting) {
  const std::size_t whole = head.bytes + static_cast<std::size_t>(head.length);
  if (waiting.size() < whole) return Step{};
  unmasked_ = waiting.substr(head.bytes, head.length);
  if (head.key) mask_bytes(unmasked_, *head.key);
  WebSocketEvent event{
      .opcode = head.opcode, .payload = unmasked_, .frames = waiting.substr(0, whole), .close_code = {}};
  if (head.opcode == WebSocketOpcode::close && !unmasked_.empty()) {
    if (unmasked_.size() == 1) return broken(kProtocolError, "a close frame with half a code");
    const auto code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(unmasked_[0]) << 8 |
                                                 static_cast<std::uint8_t>(unmasked_[1]));
    if (!may_send_close_code(code)) return broken(kProtocolError, "a close code that may not be sent");
    event.close_code = code;
    event.payload.remove_prefix(2);
    if (!valid_utf8(event.payload)) return broken(kNotText, "a reason to close that is not UTF-8");
  }
  closed_ = head.opcode == WebSocketOpcode::close;
  return Step{.taken = whole, .event = event};
}

Result<WebSocketReader::Step> WebSocketReader::begin_frame(const FrameHead& head, std::string_view waiting) {
  const bool first = !inside_message_;
  if (first) {
    inside_message_ = true;
    opcode_ = head.opcode;
    compressed_ = head.compressed;
    fragments_ = 0;
    message_bytes_ = 0;
    text_ = Utf8Check();
    expansion_ =
        Expansion({.bytes_max = setup_.limits.message_bytes_max, .ratio_max = setup_.limits.ratio_max});
  }
  ++fragments_;
  message_bytes_ += head.length;
  head_ = head;
  left_ = head.length;
  const bool whole = waiting.size() - head.bytes >= head.length;
  if (!first || !head.fin || !whole) {
    frames_ += waiting.substr(0, head.bytes);
    inside_frame_ = true;
    return in_frame(waiting.substr(head.bytes), head.bytes);
  }
  // One frame, all there: its bytes stay where they are, and its payload too when that is what it reads.
  const std::string_view frame = waiting.substr(0, head.bytes + head.length);
  const std::string_view raw = frame.substr(head.bytes);
  const bool plain = !head.key && !compressed_;
  if (plain)
    TRY_STATUS(check_text(raw));
  else
    TRY_STATUS(add_payload(raw));
  TRY_STATUS(finish_message());
  return Step{.taken = frame.size(), .event = event(plain ? raw : std::string_view(payload_), frame)};
}

Result<WebSocketReader::Step> WebSocketReader::in_frame(std::string_view waiting, std::size_t taken) {
  const std::string_view raw = waiting.substr(0, std::min<std::uint64_t>(left_, waiting.size()));
  frames_ += raw;
  TRY_STATUS(add_payload(raw));
  Step step{.taken = taken + raw.size(), .event = {}};
  if (left_ > 0) return step;
  inside_frame_ = false;
  if (!head_.fin) return step;
  TRY_STATUS(finish_message());
  step.event = event(payload_, frames_);
  return step;
}

// `raw`: the next bytes of the frame's payload.
Status WebSocketReader::add_payload(std::string_view raw) {
  const std::size_t before = payload_.size();
  const auto offset = static_cast<std::size_t>((head_.length - left_) % 4);
  left_ -= raw.size();
  if (compressed_) {
    unmasked_ = raw;
    if (head_.key) mask_bytes(unmasked_, *head_.key, offset);
    const Status done = inflater_->take(unmasked_, payload_, expansion_);
    if (!done) return broken(done.error().code == ErrorCode::limit ? kTooBig : kNotText, done.error().what);
  } else {
    payload_ += raw;
    if (head_.key) mask_bytes(std::span(payload_).subspan(before), *head_.key, offset);
  }
  return check_text(std::string_view(payload_).substr(before));
}

Status WebSocketReader::check_text(std::string_view added) {
  if (opcode_ == WebSocketOpcode::text && !text_.take(added))
    return broken(kNotText, "a text that is not UTF-8");
  return {};
}

Status WebSocketReader::finish_message() {
  if (compressed_) {
    const std::size_t before = payload_.size();
    const Status done = inflater_->finish(payload_, expansion_);
    if (!done) return broken(done.error().code == ErrorCode::limit ? kTooBig : kNotText, done.error().what);
    TRY_STATUS(check_text(std::string_view(payload_).substr(before)));
  }
  if (opcode_ == WebSocketOpcode::text && !text_.whole()) return broken(kNotText, "a text that is not UTF-8");
  inside_message_ = false;
  given_ = true;
  return {};
}

WebSocketEvent WebSocketReader::event(std::string_view payload, std::string_view frames) const {
  return {
      .opcode = opcode_, .payload = payload, .frames = frames, .compressed = compressed_, .close_code = {}};
}

void WebSocketReader::forget_message() {
  forget(frames_);
  forget(payload_);
  forget(unmasked_);
}

std::unexpected<Error> WebSocketReader::broken(std::uint16_t code, std::string what) {
  close_code_ = code;
  return fail(code == kTooBig ? ErrorCode::limit : ErrorCode::invalid, std::move(what));
}

}  // namespace weir::http
