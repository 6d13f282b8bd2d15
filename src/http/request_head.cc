#include "http/request_head.h"

#include <algorithm>
#include <array>

#include "http/http_limits.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

constexpr std::size_t kFieldsExpected = 16;  // of most heads: memory is asked for once

Status read_request_line(std::string_view line, RequestHead& head) {
  const auto target = line.find(' ');
  const auto version = line.rfind(' ');
  if (target == std::string_view::npos || version == target || !is_token(line.substr(0, target)))
    return fail("not a request line of HTTP/1");
  const std::string_view between = line.substr(target + 1, version - target - 1);
  if (between.empty() || between.contains(' ')) return fail("not a request line of HTTP/1");
  if (!is_target_text(between)) return fail("a byte in the target of the request that no target has");
  const std::string_view spoken = line.substr(version + 1);
  if (spoken != "HTTP/1.1" && spoken != "HTTP/1.0") return fail("a version of HTTP other than 1.0 and 1.1");
  head.method = line.substr(0, target);
  head.target = between;
  head.minor = spoken.back() - '0';
  return {};
}

Status read_field(std::string_view line, RequestHead& head) {
  TRY(const Field field, parse_field(line));
  if (head.fields.size() >= limits::kFieldsMax) return fail(ErrorCode::limit, "more than 256 header fields");
  head.fields.push_back(field);
  return {};
}

// Exactly one Host in HTTP/1.1 is checked by who compares it; more than one of these is always an attack.
Status check_framing(RequestHead& head) {
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  for (const auto& field : head.fields) {
    if (same_word(field.name, "host") && ++hosts > 1) return fail("more than one Host");
    if (same_word(field.name, "content-length")) {
      const auto length = whole_number(field.value);
      if (!length || *length > limits::kBodyBytesMax || ++lengths > 1)
        return fail("not one valid Content-Length");
      head.framing.length = *length;
    }
    if (same_word(field.name, "transfer-encoding")) {
      if (!same_word(field.value, "chunked") || ++codings > 1 || head.minor == 0)
        return fail("a transfer coding other than chunked");
      head.framing.chunked = true;
    }
  }
  if (head.framing.chunked && lengths > 0) return fail("both a length and chunks");
  return {};
}

}  // namespace

Result<Field> parse_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return fail("not a header field");
  return Field{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
}

std::optional<std::string_view> RequestHead::field(std::string_view lower_name) const {
  for (const auto& one : fields)
    if (same_word(one.name, lower_name)) return one.value;
  return std::nullopt;
}

bool RequestHead::lists(std::string_view lower_name, std::string_view lower_word) const {
  return http::lists(fields, lower_name, lower_word);
}

bool lists(const std::vector<Field>& fields, std::string_view lower_name, std::string_view lower_word) {
  bool found = false;
  for (const auto& one : fields)
    if (same_word(one.name, lower_name))
      for_each_word(one.value, [&](std::string_view word) { found |= same_word(word, lower_word); });
  return found;
}

Result<std::optional<RequestHead>> parse_request_head(std::string_view bytes) {
  RequestHead head;
  head.fields.reserve(kFieldsExpected);
  std::size_t at = 0;
  while (true) {
    const auto end = bytes.substr(0, limits::kHeadBytesMax).find('\n', at);
    const std::string_view line = bytes.substr(at, end == std::string_view::npos ? end : end - at);
    // A broken line is refused as soon as it is seen, not when it ends.
    const std::string_view shown = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (!is_field_text(shown)) return fail("a control character in the head of the request");
    if (end == std::string_view::npos) {
      if (bytes.size() >= limits::kHeadBytesMax)
        return fail(ErrorCode::limit, "the head of the request is longer than 64 KiB");
      return std::optional<RequestHead>();
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

bool may_be_request(std::string_view bytes) {
  constexpr std::array<std::string_view, 10> kMethods = {
      "get ", "post ", "put ", "head ", "delete ", "options ", "patch ", "trace ", "connect ", "pri "};
  return std::ranges::any_of(kMethods, [&](std::string_view method) {
    const std::size_t n = std::min(bytes.size(), method.size());
    return same_word(bytes.substr(0, n), method.substr(0, n));
  });
}

std::optional<AbsoluteTarget> absolute_target(std::string_view target) {
  const auto colon = target.find("://");
  if (colon == std::string_view::npos || !is_token(target.substr(0, colon))) return std::nullopt;
  const std::string_view rest = target.substr(colon + 3);
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  return AbsoluteTarget{target.substr(0, colon), rest.substr(0, end), rest.substr(end)};
}

}  // namespace weir::http
