// A request to a proxy: what it rewrites is read again as the same request, measured to the byte.
#include <cstdint>
#include <cstdlib>

#include "gateway/proxy_request.h"

namespace {

using namespace weir::gateway;

void check_rewritten(const ProxyRequest& request) {
  if (request.tunnel) return;
  const auto head = weir::http::parse_request_head(request.head);
  if (!head || !*head || (*head)->bytes != request.head.size()) std::abort();
  if ((*head)->framing.length != request.framing.length ||
      (*head)->framing.chunked != request.framing.chunked)
    std::abort();
  const auto host = parse_host_port((*head)->field("host").value());
  if (!host || host->host != request.host || host->port.value_or(80) != request.port) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto request = read_proxy_request(bytes); request && *request) {
    if ((*request)->bytes > size) std::abort();
    check_rewritten(**request);
  }
  return 0;
}
