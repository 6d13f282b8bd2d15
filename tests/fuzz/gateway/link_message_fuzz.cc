// What supervisor and egress proxy tell each other: what is read is written the same, and a host that arrives
// is canonical.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/egress_link.h"
#include "gateway/host_name.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto message = decode_link_message(bytes);
  if (!message) return 0;
  if (encode(*message) != bytes) std::abort();
  if (!message->host.empty() && canonical_host(message->host).value().text != message->host) std::abort();
  return 0;
}
