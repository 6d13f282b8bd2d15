// A request to a server or a proxy: one head, measured to the byte; what a proxy rewrites is read again as
// the same request; chunks end at the same byte however they are cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/http_head.h"
#include "gateway/proxy_request.h"

namespace {

using namespace weir::gateway;

void check_rewritten(const ProxyRequest& request) {
  if (request.tunnel) return;
  const auto head = parse_http_head(request.head);
  if (!head || !*head || (*head)->bytes != request.head.size()) std::abort();
  if ((*head)->framing.length != request.framing.length ||
      (*head)->framing.chunked != request.framing.chunked)
    std::abort();
  const auto host = parse_host_port((*head)->field("host").value());
  if (!host || host->host != request.host || host->port.value_or(80) != request.port) std::abort();
}

// The bytes of the body, or -1 when it is refused, or -2 when it does not end.
std::int64_t chunked_length(std::string_view bytes, std::size_t piece) {
  ChunkReader reader;
  std::size_t at = 0;
  while (at < bytes.size() && !reader.done()) {
    const auto taken = reader.take(bytes.substr(at, piece));
    if (!taken) return -1;
    if (*taken == 0 || *taken > piece) std::abort();
    at += *taken;
  }
  return reader.done() ? static_cast<std::int64_t>(at) : -2;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto head = parse_http_head(bytes);
  if (head && *head) {
    if ((*head)->bytes > size || !bytes.substr(0, (*head)->bytes).ends_with("\r\n\r\n")) std::abort();
    const std::string_view body = bytes.substr((*head)->bytes);
    const auto whole = chunked_length(body, SIZE_MAX);
    const auto cut = chunked_length(body, 1);
    if (whole >= 0 && cut != whole) std::abort();
  }
  if (const auto request = read_proxy_request(bytes); request && *request) {
    if ((*request)->bytes > size) std::abort();
    check_rewritten(**request);
  }
  return 0;
}
