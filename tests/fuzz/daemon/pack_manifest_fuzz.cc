// Manifests of policy packs: what is read is written back byte for byte.
#include <cstdint>
#include <string_view>

#include "daemon/signed_pack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::daemon;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = parse_manifest(text);
  if (manifest) CHECK(manifest_text(*manifest) == text);
  return 0;
}
