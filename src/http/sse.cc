#include "http/sse.h"

#include <algorithm>

#include "http/syntax.h"

namespace weir::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

// Where the line that begins at `at` ends; the size of the text when it does not.
std::size_t line_end(std::string_view text, std::size_t at) {
  while (at < text.size() && !ends_line(text[at]))
    ++at;
  return at;
}

// The bytes that end a line at `at`: 2 for CR LF.
std::size_t ending_bytes(std::string_view text, std::size_t at) {
  return text.substr(at, 2) == "\r\n" ? 2 : 1;
}

void for_each_line(std::string_view text, auto see) {
  while (true) {
    const std::size_t end = line_end(text, 0);
    see(text.substr(0, end));
    if (end == text.size()) return;
    text.remove_prefix(end + ending_bytes(text, end));
  }
}

}  // namespace

Result<std::optional<SseEvent>> SseSplitter::next(std::string_view waiting) {
  if (!begin(waiting)) return std::optional<SseEvent>();
  const auto end = find_end(waiting);
  if (end.value_or(seen_) > event_bytes_max_)
    return fail(ErrorCode::limit, "an event of the stream is longer than an event may be");
  if (!end) return std::optional<SseEvent>();
  return std::optional(take(waiting.substr(0, *end)));
}

std::optional<SseEvent> SseSplitter::finish(std::string_view waiting) {
  const bool whole = begun_ && !waiting.empty() && waiting.size() == seen_ + 1 && waiting.back() == '\r' &&
                     line_ == seen_ && waiting.size() <= event_bytes_max_;
  if (!whole) return std::nullopt;
  return take(waiting);
}

// What stands before the lines of an event: a byte order mark, the second half of a line's end. False: more
// is needed to tell.
bool SseSplitter::begin(std::string_view waiting) {
  if (seen_ > 0) return true;
  if (waiting.empty()) return false;
  if (!begun_) {
    if (waiting.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(waiting)) return false;
    content_ = waiting.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    begun_ = true;
  } else if (half_) {
    content_ = waiting[0] == '\n' ? 1 : 0;
    if (content_ == 1) ending_ = Ending::other;
  }
  half_ = false;
  line_ = seen_ = content_;
  return true;
}

std::optional<std::size_t> SseSplitter::find_end(std::string_view waiting) {
  while (true) {
    seen_ = line_end(waiting, seen_);
    if (seen_ == waiting.size()) return std::nullopt;
    const bool empty = seen_ == line_;
    const bool cr = waiting[seen_] == '\r';
    if (cr && empty && ending_ == Ending::cr) {
      half_ = true;
      return seen_ + 1;
    }
    if (cr && seen_ + 1 == waiting.size()) return std::nullopt;
    const std::size_t bytes = ending_bytes(waiting, seen_);
    ending_ = cr && bytes == 1 ? Ending::cr : Ending::other;
    seen_ += bytes;
    line_ = seen_;
    if (empty) return seen_;
  }
}

SseEvent SseSplitter::take(std::string_view bytes) {
  SseEvent event = read(bytes);
  content_ = line_ = seen_ = 0;
  return event;
}

SseEvent SseSplitter::read(std::string_view bytes) {
  SseEvent event{.bytes = bytes, .data = {}, .id = {}, .retry_ms = {}};
  std::size_t data_lines = 0;
  for_each_line(bytes.substr(content_), [&](std::string_view line) { read_line(line, event, data_lines); });
  event.dispatched = data_lines > 0;
  if (data_lines > 1) event.data = joined_;
  return event;
}

void SseSplitter::read_line(std::string_view line, SseEvent& event, std::size_t& data_lines) {
  const auto colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    // One line stays where it is; only several have to be joined.
    if (++data_lines == 2) joined_ = event.data;
    if (data_lines > 1) joined_.append("\n").append(value);
    event.data = value;
  } else if (name == "event") {
    event.type = value.empty() ? "message" : value;
  } else if (name == "id") {
    if (!value.contains('\0')) event.id = value;
  } else if (name == "retry") {
    if (const auto retry = whole_number(value)) event.retry_ms = retry;
  }
}

Status write_sse(std::string& out, const SseMessage& message) {
  if (std::ranges::any_of(message.type, ends_line)) return fail("the type of an event has a line end");
  if (message.id && (std::ranges::any_of(*message.id, ends_line) || message.id->contains('\0')))
    return fail("the id of an event has a line end or NUL");
  if (!message.type.empty()) out.append("event: ").append(message.type).append("\n");
  if (message.id) out.append("id: ").append(*message.id).append("\n");
  if (message.retry_ms) out.append("retry: ").append(std::to_string(*message.retry_ms)).append("\n");
  for_each_line(message.data, [&](std::string_view line) { out.append("data: ").append(line).append("\n"); });
  out += "\n";
  return {};
}

void write_sse_comment(std::string& out, std::string_view text) {
  for_each_line(text, [&](std::string_view line) { out.append(": ").append(line).append("\n"); });
  out += "\n";
}

}  // namespace weir::http
