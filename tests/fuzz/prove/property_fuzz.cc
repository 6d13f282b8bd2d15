// Files of properties: any bytes are read or refused.
#include "prove/property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)weir::prove::parse_properties({reinterpret_cast<const char*>(data), size}, "fuzz");
  return 0;
}
