// Any bytes as TOML: no crash, no exception, and what is accepted is JSON within its limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "base/toml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto value = weir::parse_toml(text, "fuzz.toml")) (void)weir::compact(*value);
  return 0;
}
