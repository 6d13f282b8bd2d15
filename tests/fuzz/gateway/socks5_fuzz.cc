// A SOCKS5 client: messages are measured to the byte, and a request that is served has a canonical host.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/socks5.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto greeting = parse_socks_greeting(bytes); greeting && *greeting && (*greeting)->bytes > size)
    std::abort();
  const auto request = parse_socks_request(bytes);
  if (!request || !*request) return 0;
  if ((*request)->bytes > size) std::abort();
  if ((*request)->refusal != SocksReply::succeeded) return 0;
  const auto host = canonical_host((*request)->host.text);
  if (!host || *host != (*request)->host || (*request)->port == 0) std::abort();
  return 0;
}
