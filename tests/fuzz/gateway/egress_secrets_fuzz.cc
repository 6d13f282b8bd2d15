// What the egress process is given: read, written and read again it is the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/egress_secrets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const auto secrets = decode_egress_secrets({reinterpret_cast<const char*>(data), size});
  if (!secrets) return 0;
  const std::string bytes = encode(*secrets);
  const auto again = decode_egress_secrets(bytes);
  if (!again || encode(*again) != bytes) std::abort();
  return 0;
}
