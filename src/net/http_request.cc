// Reading one HTTP/1.1 request; see http_loopback.h.
#include "base/bytes.h"
#include "http/chunks.h"
#include "http/request_head.h"
#include "net/http_loopback.h"

namespace weir::net {
namespace {

// What any client that we start sends: a path, and a body in clear.
Status check_head(const http::RequestHead& head) {
  if (!head.target.starts_with('/')) return fail("a target that is no path", printable(head.target, 100));
  const auto coding = head.field("content-encoding");
  if (coding && to_lower_ascii(*coding) != "identity")
    return fail("compressed bodies are not read here", printable(*coding, 100));
  if (head.framing.length > kHttpBodyBytesMax) return fail(ErrorCode::limit, "the body is too long");
  return {};
}

}  // namespace

Result<std::optional<ParsedRequest>> parse_http_request(std::string_view bytes) {
  TRY(const auto head, http::parse_request_head(bytes));
  if (!head) return std::optional<ParsedRequest>();
  TRY_STATUS(check_head(*head));
  const std::string_view rest = bytes.substr(head->bytes);
  ParsedRequest parsed{.request = {.method = std::string(head->method),
                                   .path = std::string(head->target.substr(0, head->target.find('?'))),
                                   .body = {}},
                       .expects_continue = head->lists("expect", "100-continue")};
  std::size_t body_bytes = head->framing.length;
  if (head->framing.chunked) {
    http::ChunkReader chunks(kHttpBodyBytesMax);
    TRY(body_bytes, chunks.take(rest, &parsed.request.body));
    if (!chunks.done()) return std::optional<ParsedRequest>();
  } else {
    if (rest.size() < body_bytes) return std::optional<ParsedRequest>();
    parsed.request.body = rest.substr(0, body_bytes);
  }
  parsed.bytes = head->bytes + body_bytes;
  return parsed;
}

}  // namespace weir::net
