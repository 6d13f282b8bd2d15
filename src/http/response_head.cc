#include "http/response_head.h"

#include "http/http_limits.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

constexpr std::size_t kFieldsExpected = 16;  // of most heads: memory is asked for once
constexpr std::size_t kStatusLineMin = 12;   // "HTTP/1.1 200"

Status read_status_line(std::string_view line, ResponseHead& head) {
  const bool version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!version || line.size() < kStatusLineMin ||
      (line.size() > kStatusLineMin && line[kStatusLineMin] != ' '))
    return fail("not a status line of HTTP/1");
  const std::string_view digits = line.substr(9, 3);
  const auto status = whole_number(digits);
  if (!status || *status < 100 || *status > 599) return fail("not a status of HTTP");
  head.status = static_cast<int>(*status);
  head.line = line;
  return {};
}

Status read_framing(ResponseHead& head, bool for_head_request) {
  using Body = ResponseHead::Body;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  for (const auto& field : head.fields) {
    if (same_word(field.name, "content-length")) {
      const auto value = whole_number(field.value);
      if (!value || *value > limits::kBodyBytesMax || (length && *length != *value))
        return fail("not one valid Content-Length in an answer");
      length = value;
    }
    if (same_word(field.name, "transfer-encoding")) {
      if (!same_word(field.value, "chunked") || chunked || head.minor() == 0)
        return fail("a transfer coding other than chunked in an answer");
      chunked = true;
    }
  }
  if (chunked && length) return fail("both a length and chunks in an answer");
  const bool none = for_head_request || head.status < 200 || head.status == 204 || head.status == 304;
  head.length = length.value_or(0);
  head.body = none ? Body::none : chunked ? Body::chunked : length ? Body::length : Body::until_close;
  return {};
}

}  // namespace

std::optional<std::string_view> ResponseHead::field(std::string_view lower_name) const {
  std::optional<std::string_view> found;
  for (const auto& one : fields) {
    if (!same_word(one.name, lower_name)) continue;
    if (found) return std::nullopt;
    found = one.value;
  }
  return found;
}

bool ResponseHead::lists(std::string_view lower_name, std::string_view lower_word) const {
  return http::lists(fields, lower_name, lower_word);
}

Result<std::optional<ResponseHead>> parse_response_head(std::string_view bytes, bool for_head_request) {
  ResponseHead head;
  head.fields.reserve(kFieldsExpected);
  std::size_t at = 0;
  while (true) {
    const auto end = bytes.substr(0, limits::kHeadBytesMax).find('\n', at);
    if (end == std::string_view::npos) {
      if (bytes.size() >= limits::kHeadBytesMax)
        return fail(ErrorCode::limit, "the head of an answer is longer than 64 KiB");
      return std::optional<ResponseHead>();
    }
    std::string_view line = bytes.substr(at, end - at);
    if (!line.ends_with('\r')) return fail("a line of an answer's head does not end with CR LF");
    line.remove_suffix(1);
    if (!is_field_text(line)) return fail("a control character in the head of an answer");
    at = end + 1;
    if (head.line.empty()) {
      TRY_STATUS(read_status_line(line, head));
      continue;
    }
    if (line.empty()) break;
    if (head.fields.size() >= limits::kFieldsMax)
      return fail(ErrorCode::limit, "more than 256 header fields in an answer");
    TRY(const Field field, parse_field(line));
    head.fields.push_back(field);
  }
  head.bytes = at;
  TRY_STATUS(read_framing(head, for_head_request));
  return std::optional(std::move(head));
}

}  // namespace weir::http
