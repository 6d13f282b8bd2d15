// Reading one HTTP/1.1 request; see http_loopback.h.
#include <charconv>

#include "base/bytes.h"
#include "net/http_loopback.h"

namespace weir::net {
namespace {

// Decimal or hexadecimal digits and nothing else.
std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

struct Head {
  HttpRequest request;
  std::size_t length = 0;
  bool chunked = false;
  bool expects_continue = false;
};

Status read_request_line(std::string_view line, HttpRequest& request) {
  const auto words = split(line, ' ');
  if (words.size() != 3 || words[0].empty() || !words[1].starts_with('/') || !words[2].starts_with("HTTP/1."))
    return fail("not an HTTP/1.1 request line", printable(line, 100));
  request.method = words[0];
  request.path = words[1].substr(0, words[1].find('?'));
  return {};
}

Result<Head> read_head(std::string_view text) {
  Head head;
  bool first = true;
  bool length_given = false;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    if (std::exchange(first, false)) {
      TRY_STATUS(read_request_line(line, head.request));
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return fail("not a header field", printable(line, 100));
    const std::string name = to_lower_ascii(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (name == "content-length") {
      const auto length = number(value, 10);
      // RFC 9112 section 6.3: two lengths are how requests are smuggled.
      if (!length || length_given) return fail("not a valid Content-Length", printable(value, 100));
      length_given = true;
      head.length = *length;
    } else if (name == "transfer-encoding") {
      if (to_lower_ascii(value) != "chunked") return fail("unknown transfer encoding", printable(value, 100));
      head.chunked = true;
    } else if (name == "expect") {
      head.expects_continue = to_lower_ascii(value) == "100-continue";
    } else if (name == "content-encoding" && to_lower_ascii(value) != "identity") {
      return fail("compressed bodies are not read here", printable(value, 100));
    }
  }
  if (first) return fail("there is no request line");
  if (head.chunked && length_given) return fail("both a length and chunks are given");
  if (head.length > kHttpBodyBytesMax) return fail(ErrorCode::limit, "the body is too long");
  return head;
}

// The bytes of the chunked body at the front of `bytes`; none while more is needed.
Result<std::optional<std::size_t>> read_chunks(std::string_view bytes, std::string& body) {
  std::size_t at = 0;
  while (true) {
    const auto end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) {
      if (bytes.size() - at > 64) return fail("not a chunk size");
      return std::optional<std::size_t>();
    }
    std::string_view size_text = bytes.substr(at, end - at);
    size_text = trim(size_text.substr(0, size_text.find(';')));
    const auto size = number(size_text, 16);
    if (!size) return fail("not a chunk size", printable(size_text, 60));
    if (*size > kHttpBodyBytesMax - body.size()) return fail(ErrorCode::limit, "the body is too long");
    at = end + 2;
    if (bytes.size() - at < *size + 2) return std::optional<std::size_t>();
    if (bytes.substr(at + *size, 2) != "\r\n") return fail("a chunk does not end where it says");
    body += bytes.substr(at, *size);
    at += *size + 2;
    // Trailers are not read: none of our clients sends any.
    if (*size == 0) return std::optional<std::size_t>(at);
  }
}

}  // namespace

Result<std::optional<ParsedRequest>> parse_http_request(std::string_view bytes) {
  const auto end = bytes.substr(0, kHttpHeadBytesMax).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() >= kHttpHeadBytesMax)
      return fail(ErrorCode::limit, "the head of the request is too long");
    return std::optional<ParsedRequest>();
  }
  TRY(Head head, read_head(bytes.substr(0, end)));
  const std::string_view rest = bytes.substr(end + 4);
  ParsedRequest parsed{.request = std::move(head.request), .expects_continue = head.expects_continue};
  if (head.chunked) {
    TRY(const auto used, read_chunks(rest, parsed.request.body));
    if (!used) return std::optional<ParsedRequest>();
    parsed.bytes = end + 4 + *used;
    return parsed;
  }
  if (rest.size() < head.length) return std::optional<ParsedRequest>();
  parsed.request.body = rest.substr(0, head.length);
  parsed.bytes = end + 4 + head.length;
  return parsed;
}

}  // namespace weir::net
