// Server-sent events (WHATWG HTML, "Server-sent events", section 9.2.6): a stream split into its events, and
// events written.
//
//   SseSplitter splitter;
//   while (true) {
//     TRY(auto event, splitter.next(waiting));        // none: more is needed
//     if (!event) break;
//     … event->type, event->data …
//     forward(event->bytes);                          // byte for byte what came
//     waiting.remove_prefix(event->bytes.size());
//   }
//
// `waiting` begins where the bytes of the event before ended. A line ends with CR LF, LF or CR. An event is
// given as soon as its empty line is whole: where a CR may be half of a line's end, the byte behind it is
// awaited, unless the line before ended with a CR alone. The events are the same however the bytes are cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/http_limits.h"

namespace weir::http {

// Views into the bytes that were split, and of `data` with several lines into the splitter: valid until the
// next call.
struct SseEvent {
  std::string_view bytes;  // all of it: its lines, comments too, and the empty line behind them
  std::string_view type = "message";
  std::string_view data;               // its lines joined by LF; not checked to be UTF-8
  std::optional<std::string_view> id;  // when this event says one
  std::optional<std::uint64_t> retry_ms;
  bool dispatched = false;  // it has data: a client sees it. Else a comment, a pause, an id alone
};

class SseSplitter {
 public:
  explicit SseSplitter(std::size_t event_bytes_max = limits::kSseEventBytesMax)
      : event_bytes_max_(event_bytes_max) {}

  // Error `limit` for an event that is longer than it may be.
  Result<std::optional<SseEvent>> next(std::string_view waiting);
  // The stream has ended, and next() found nothing more: an event whose empty line ended with CR. What else
  // is left of an event counts as not said.
  std::optional<SseEvent> finish(std::string_view waiting);

 private:
  enum class Ending { none, cr, other };  // of the line before
  bool begin(std::string_view waiting);
  std::optional<std::size_t> find_end(std::string_view waiting);
  SseEvent read(std::string_view bytes);
  void read_line(std::string_view line, SseEvent& event, std::size_t& data_lines);
  SseEvent take(std::string_view bytes);

  std::size_t event_bytes_max_;
  Ending ending_ = Ending::none;
  bool begun_ = false;       // of the stream: a byte order mark was looked for
  bool half_ = false;        // the event before ended with a CR whose LF may come yet
  std::size_t content_ = 0;  // where the lines of this event begin
  std::size_t line_ = 0;     // where this line begins
  std::size_t seen_ = 0;     // bytes of this event that were looked at
  std::string joined_;
};

struct SseMessage {
  std::string_view type;  // "" is "message"
  std::string_view data;  // its line ends, of whatever kind, are read back as LF
  std::optional<std::string_view> id;
  std::optional<std::uint64_t> retry_ms;
};
// Appended to `out`. Error `invalid` for a type or id with a line end, or an id with NUL: it would be another
// event.
Status write_sse(std::string& out, const SseMessage& message);
// A comment, which clients skip: keeps a quiet connection open. Each line becomes one.
void write_sse_comment(std::string& out, std::string_view text);

}  // namespace weir::http
