#include "gateway/proxy_request.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::gateway {
namespace {

constexpr std::uint16_t kHttpPort = 80;

// Fields between client and proxy (RFC 9110 section 7.6.1), and Host, which we write.
bool is_for_the_proxy(std::string_view field) {
  constexpr std::array<std::string_view, 9> kFields = {
      "host",           "connection", "proxy-connection", "proxy-authorization", "keep-alive", "upgrade",
      "http2-settings", "te",         "trailer"};
  return std::ranges::find(kFields, to_lower_ascii(field)) != kFields.end();
}

Result<ProxyRequest> read_tunnel(const http::RequestHead& head) {
  TRY(HostPort where, parse_host_port(head.target));
  if (!where.port) return fail("CONNECT without a port", printable(head.target, 100));
  if (head.framing.chunked || head.framing.length > 0) return fail("CONNECT with a body");
  ProxyRequest request{.host = std::move(where.host), .port = *where.port};
  request.tunnel = true;
  return request;
}

std::string rewritten(const http::RequestHead& head, const http::AbsoluteTarget& target,
                      const ProxyRequest& request) {
  std::string path(target.path);
  if (path.empty() && head.method == "OPTIONS")
    path = "*";
  else if (!path.starts_with('/'))
    path = "/" + path;
  const std::string name = request.host.address && !request.host.address->is_v4()
                               ? "[" + request.host.text + "]"
                               : request.host.text;
  std::string out = std::string(head.method) + " " + path + " HTTP/1." + std::to_string(head.minor) +
                    "\r\nHost: " + name +
                    (request.port == kHttpPort ? "" : ":" + std::to_string(request.port)) + "\r\n";
  for (const auto& field : head.fields)
    if (!is_for_the_proxy(field.name) && !head.lists("connection", to_lower_ascii(field.name)))
      out += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  return out + "Connection: close\r\n\r\n";
}

Result<ProxyRequest> read_plain(const http::RequestHead& head) {
  const auto target = http::absolute_target(head.target);
  if (!target)
    return fail("not a request for a proxy", printable(head.target, 100), "the target is a whole URL");
  if (to_lower_ascii(target->scheme) != "http" || target->path.contains('#'))
    return fail("not an http:// URL", printable(head.target, 100), "https goes through CONNECT");
  TRY(HostPort where, parse_host_port(target->authority));
  ProxyRequest request{.host = std::move(where.host), .port = where.port.value_or(kHttpPort)};
  if (const auto said = head.field("host")) {
    TRY(const HostPort other, parse_host_port(*said));
    if (other.host != request.host || other.port.value_or(kHttpPort) != request.port)
      return fail("Host and target name different hosts", printable(*said, 100));
  }
  // What decides where the body ends may not be dropped as a field of the connection.
  for (const std::string_view name : {"content-length", "transfer-encoding"})
    if (head.lists("connection", name)) return fail("Connection names " + std::string(name));
  request.framing = head.framing;
  request.head = rewritten(head, *target, request);
  return request;
}

}  // namespace

Result<std::optional<ProxyRequest>> read_proxy_request(std::string_view bytes) {
  TRY(const auto head, http::parse_request_head(bytes));
  if (!head) return std::optional<ProxyRequest>();
  TRY(ProxyRequest request, head->method == "CONNECT" ? read_tunnel(*head) : read_plain(*head));
  request.bytes = head->bytes;
  return std::optional(std::move(request));
}

}  // namespace weir::gateway
