// YAML from anyone: any bytes are read or refused; what is read is plain JSON, the same with and without
// places, and every place lies in the text.
#include "base/yaml.h"

#include <algorithm>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = weir::parse_yaml(text, "fuzz");
  const auto placed = weir::parse_yaml_lines(text, "fuzz");
  CHECK(value.has_value() == placed.has_value());
  if (!value) return 0;

  CHECK(weir::compact(*value) == weir::compact(placed->value));
  // YAML breaks lines at CR as well as at LF.
  const auto breaks = std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  for (const auto& [pointer, line] : placed->lines) {
    CHECK(pointer.empty() || pointer.front() == '/');
    CHECK(line >= 1 && line <= breaks + 1);
  }
  return 0;
}
