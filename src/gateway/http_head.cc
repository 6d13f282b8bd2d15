#include "gateway/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

bool is_token_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_byte);
}
// Visible, space, tab, or beyond ASCII.
bool is_field_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}
std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}
bool same_word(std::string_view text, std::string_view lower) {
  return to_lower_ascii(text) == lower;
}

template <class Number>
std::optional<Number> number(std::string_view text, int base) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status read_request_line(std::string_view line, HttpHead& head) {
  const auto words = split(line, ' ');
  if (words.size() != 3 || !is_token(words[0]) || words[1].empty())
    return fail("not a request line of HTTP/1");
  const bool visible = std::ranges::all_of(words[1], [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
  if (!visible) return fail("a byte in the target of the request that no target has");
  if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0")
    return fail("a version of HTTP other than 1.0 and 1.1");
  head.method = words[0];
  head.target = words[1];
  head.minor = words[2].back() - '0';
  return {};
}

Status read_field(std::string_view line, HttpHead& head) {
  TRY(const HttpField field, parse_http_field(line));
  if (head.fields.size() >= limits::kHttpFieldsMax)
    return fail(ErrorCode::limit, "more than 256 header fields");
  head.fields.push_back(field);
  return {};
}

// Exactly one Host in HTTP/1.1 is checked by who compares it; more than one of these is always an attack.
Status check_framing(HttpHead& head) {
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  for (const auto& field : head.fields) {
    const std::string name = to_lower_ascii(field.name);
    if (name == "host" && ++hosts > 1) return fail("more than one Host");
    if (name == "content-length") {
      const auto length = number<std::uint64_t>(field.value, 10);
      if (!length || *length > INT64_MAX || ++lengths > 1) return fail("not one valid Content-Length");
      head.framing.length = *length;
    }
    if (name == "transfer-encoding") {
      if (!same_word(field.value, "chunked") || ++codings > 1 || head.minor == 0)
        return fail("a transfer coding other than chunked");
      head.framing.chunked = true;
    }
  }
  if (head.framing.chunked && lengths > 0) return fail("both a length and chunks");
  return {};
}

}  // namespace

Result<HttpField> parse_http_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return fail("not a header field");
  return HttpField{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
}

std::optional<std::string_view> HttpHead::field(std::string_view lower_name) const {
  for (const auto& one : fields)
    if (same_word(one.name, lower_name)) return one.value;
  return std::nullopt;
}

bool HttpHead::lists(std::string_view lower_name, std::string_view lower_word) const {
  return std::ranges::any_of(fields, [&](const HttpField& one) {
    return same_word(one.name, lower_name) && std::ranges::any_of(split(one.value, ','), [&](auto word) {
             return same_word(trim_blanks(word), lower_word);
           });
  });
}

Result<std::optional<HttpHead>> parse_http_head(std::string_view bytes) {
  HttpHead head;
  std::size_t at = 0;
  while (true) {
    const auto end = bytes.substr(0, limits::kHttpHeadBytesMax).find('\n', at);
    const std::string_view line = bytes.substr(at, end == std::string_view::npos ? end : end - at);
    // A broken line is refused as soon as it is seen, not when it ends.
    const std::string_view shown = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (!std::ranges::all_of(shown, is_field_byte))
      return fail("a control character in the head of the request");
    if (end == std::string_view::npos) {
      if (bytes.size() >= limits::kHttpHeadBytesMax)
        return fail(ErrorCode::limit, "the head of the request is longer than 64 KiB");
      return std::optional<HttpHead>();
    }
    if (shown.size() == line.size()) return fail("a line of the head does not end with CR LF");
    at = end + 1;
    if (shown.empty() && !head.method.empty()) break;
    TRY_STATUS(head.method.empty() ? read_request_line(shown, head) : read_field(shown, head));
  }
  head.bytes = at;
  TRY_STATUS(check_framing(head));
  return std::optional(std::move(head));
}

bool may_be_http(std::string_view bytes) {
  constexpr std::array<std::string_view, 10> kMethods = {
      "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE ", "CONNECT ", "PRI "};
  return std::ranges::any_of(kMethods, [&](std::string_view method) {
    const std::size_t n = std::min(bytes.size(), method.size());
    return same_word(bytes.substr(0, n), to_lower_ascii(method.substr(0, n)));
  });
}

std::optional<AbsoluteTarget> absolute_target(std::string_view target) {
  const auto colon = target.find("://");
  if (colon == std::string_view::npos || !is_token(target.substr(0, colon))) return std::nullopt;
  const std::string_view rest = target.substr(colon + 3);
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  return AbsoluteTarget{target.substr(0, colon), rest.substr(0, end), rest.substr(end)};
}

Result<std::size_t> ChunkReader::take(std::string_view bytes, std::string* data) {
  std::size_t used = 0;
  while (used < bytes.size() && part_ != Part::done) {
    const std::string_view rest = bytes.substr(used);
    if (part_ == Part::size || part_ == Part::trailer) {
      TRY(const std::size_t n, take_line(rest));
      used += n;
      continue;
    }
    const std::size_t n = std::min<std::uint64_t>(left_, rest.size());
    if (part_ == Part::data_end && std::string_view("\r\n").substr(2 - left_, n) != rest.substr(0, n))
      return fail("a chunk does not end where it says");
    if (part_ == Part::data && data != nullptr) *data += rest.substr(0, n);
    used += n;
    left_ -= n;
    if (left_ > 0) continue;
    part_ = part_ == Part::data ? Part::data_end : Part::size;
    left_ = 2;
  }
  return used;
}

// Up to the line end or the end of the bytes; acts on a whole line.
Result<std::size_t> ChunkReader::take_line(std::string_view bytes) {
  const std::size_t line_max =
      part_ == Part::size ? limits::kHttpChunkLineBytesMax : limits::kHttpTrailerBytesMax - trailer_bytes_;
  const auto end = bytes.find('\n');
  const std::size_t n = end == std::string_view::npos ? bytes.size() : end + 1;
  if (line_.size() + n > line_max) return fail(ErrorCode::limit, "a line in the chunks is too long");
  line_ += bytes.substr(0, n);
  if (end != std::string_view::npos) {
    if (!line_.ends_with("\r\n")) return fail("a line in the chunks does not end with CR LF");
    line_.resize(line_.size() - 2);
    if (!std::ranges::all_of(line_, is_field_byte)) return fail("a control character in the chunks");
    TRY_STATUS(line_read());
    line_.clear();
  }
  return n;
}

Status ChunkReader::line_read() {
  if (part_ == Part::trailer) {
    trailer_bytes_ += line_.size() + 2;
    if (line_.empty()) part_ = Part::done;
    return {};
  }
  const std::string_view digits = std::string_view(line_).substr(0, line_.find(';'));
  const auto size = number<std::uint64_t>(digits, 16);
  if (!size || digits.size() > 15) return fail("not the size of a chunk");
  left_ = *size;
  part_ = *size == 0 ? Part::trailer : Part::data;
  return {};
}

}  // namespace weir::gateway
