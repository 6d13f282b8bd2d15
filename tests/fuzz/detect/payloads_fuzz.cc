// Any bytes through the decoders: payloads lie inside the text, in order; none grows beyond its limit.
#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "base/result.h"
#include "detect/decode.h"
#include "detect/model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t at = 0;
  for (const auto& payload : weir::detect::find_payloads(text)) {
    CHECK(payload.begin >= at && payload.end <= size && payload.begin < payload.end);
    CHECK(payload.text.size() <= weir::limits::kDecodedBytesMax + 4);
    at = payload.end;
  }
  CHECK(weir::detect::rot13(weir::detect::rot13(text.substr(0, 1000))) == text.substr(0, 1000));
  (void)weir::detect::parse_injection_model(text, "fuzz");
  return 0;
}
