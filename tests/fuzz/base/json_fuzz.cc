// JSON from anyone: what is read is written, canonically and otherwise, as text that reads as the same value
// (of 2.5e3 and 2500 RFC 8785 makes one).
#include "base/json.h"

#include <cstdint>

#include "base/bytes.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = parse_json(text);
  // A tighter limit only ever refuses more.
  const auto shallow = parse_json(text, {.bytes_max = 1024, .depth_max = 4});
  CHECK(!shallow || (json && *shallow == *json && size <= 1024));
  if (!json) return 0;

  CHECK(valid_utf8(text));
  const auto plain = parse_json(compact(*json));
  CHECK(plain && canonical(*plain) == canonical(*json));
  const auto indented = parse_json(pretty(*json));
  CHECK(indented && *indented == *plain);

  const std::string bytes = canonical(*json);
  CHECK(bytes.size() <= canonical_bytes_max(*json));
  const auto sorted = parse_json(bytes);
  CHECK(sorted && canonical(*sorted) == bytes);
  return 0;
}
