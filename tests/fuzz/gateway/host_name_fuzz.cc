// A host from a hostile program: what is taken as one is small, lower case and its own canonical form.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/host_name.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto host = canonical_host(text)) {
    if (host->text.empty() || host->text.size() > 253 || host->text.ends_with('.')) std::abort();
    for (const char c : host->text)
      if (c <= ' ' || c >= 0x7f || (c >= 'A' && c <= 'Z')) std::abort();
    const auto again = canonical_host(host->text);
    if (!again || *again != *host) std::abort();
    if (!host->address && IpAddress::parse(host->text)) std::abort();
  }
  if (const auto both = parse_host_port(text); both && both->port && *both->port == 0) std::abort();
  return 0;
}
