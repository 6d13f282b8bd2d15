// One HTTP request from a local stranger: parsing ends with a request, with "more is needed" or with an
// Error; a request never claims more bytes than there are, and what was whole stays whole when more follows.
#include <cstdint>
#include <cstdlib>

#include "net/http_loopback.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = weir::net::parse_http_request(bytes);
  if (!parsed || !*parsed) return 0;
  const auto& whole = **parsed;
  if (whole.bytes > size || whole.request.body.size() > size) std::abort();
  if (!whole.request.path.starts_with('/')) std::abort();
  const auto again = weir::net::parse_http_request(bytes.substr(0, whole.bytes));
  if (!again || !*again || (*again)->request.body != whole.request.body) std::abort();
  return 0;
}
