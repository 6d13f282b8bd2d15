#include "gateway/http_response.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kStatusLineMin = 12;  // "HTTP/1.1 200"

bool is_field_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

Status read_status_line(std::string_view line, HttpResponseHead& head) {
  const bool version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!version || line.size() < kStatusLineMin ||
      (line.size() > kStatusLineMin && line[kStatusLineMin] != ' '))
    return fail("not a status line of HTTP/1");
  const std::string_view digits = line.substr(9, 3);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), head.status);
  if (error != std::errc() || end != digits.data() + digits.size() || head.status < 100 || head.status > 599)
    return fail("not a status of HTTP");
  head.line = line;
  return {};
}

Status read_framing(HttpResponseHead& head, bool for_head_request) {
  using Body = HttpResponseHead::Body;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  for (const auto& field : head.fields) {
    const std::string name = to_lower_ascii(field.name);
    if (name == "content-length") {
      std::uint64_t value = 0;
      const char* const past = field.value.data() + field.value.size();
      const auto [end, error] = std::from_chars(field.value.data(), past, value);
      if (error != std::errc() || end != past || value > INT64_MAX || (length && *length != value))
        return fail("not one valid Content-Length in an answer");
      length = value;
    }
    if (name == "transfer-encoding") {
      if (to_lower_ascii(field.value) != "chunked" || chunked || head.line.starts_with("HTTP/1.0"))
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

std::optional<std::string_view> HttpResponseHead::field(std::string_view lower_name) const {
  std::optional<std::string_view> found;
  for (const auto& one : fields) {
    if (to_lower_ascii(one.name) != lower_name) continue;
    if (found) return std::nullopt;
    found = one.value;
  }
  return found;
}

Result<std::optional<HttpResponseHead>> parse_http_response_head(std::string_view bytes,
                                                                 bool for_head_request) {
  HttpResponseHead head;
  std::size_t at = 0;
  while (true) {
    const auto end = bytes.substr(0, limits::kHttpHeadBytesMax).find('\n', at);
    if (end == std::string_view::npos) {
      if (bytes.size() >= limits::kHttpHeadBytesMax)
        return fail(ErrorCode::limit, "the head of an answer is longer than 64 KiB");
      return std::optional<HttpResponseHead>();
    }
    std::string_view line = bytes.substr(at, end - at);
    if (!line.ends_with('\r')) return fail("a line of an answer's head does not end with CR LF");
    line.remove_suffix(1);
    if (!std::ranges::all_of(line, is_field_byte))
      return fail("a control character in the head of an answer");
    at = end + 1;
    if (head.line.empty()) {
      TRY_STATUS(read_status_line(line, head));
      continue;
    }
    if (line.empty()) break;
    if (head.fields.size() >= limits::kHttpFieldsMax)
      return fail(ErrorCode::limit, "more than 256 header fields in an answer");
    TRY(const HttpField field, parse_http_field(line));
    head.fields.push_back(field);
  }
  head.bytes = at;
  TRY_STATUS(read_framing(head, for_head_request));
  return std::optional(std::move(head));
}

}  // namespace weir::gateway
