// The first bytes of a TLS client: never more than there are, the same name when more follows, and none while
// one byte is missing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/client_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)is_hello_retry(bytes);
  const auto hello = parse_client_hello(bytes);
  if (!hello || !*hello) return 0;
  if ((*hello)->bytes > size || (*hello)->bytes == 0) std::abort();
  const auto again = parse_client_hello(bytes.substr(0, (*hello)->bytes));
  if (!again || !*again || (*again)->server_name != (*hello)->server_name) std::abort();
  const auto shorter = parse_client_hello(bytes.substr(0, (*hello)->bytes - 1));
  if (!shorter || *shorter) std::abort();
  return 0;
}
