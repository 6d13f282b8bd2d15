// YAML from anyone: any bytes are read or refused; what is read is plain JSON, the same with and without
// places, and every place lies in the text; what the build would make of it (json_wire.h) is the same value,
// and any bytes as that form are read or refused.
#include "base/yaml.h"

#include <algorithm>
#include <cstdint>

#include "base/json_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto other = weir::read_json_wire(text, "fuzz"))
    CHECK(weir::read_json_wire(weir::json_wire(*other), "fuzz").has_value());
  const auto value = weir::parse_yaml(text, "fuzz");
  const auto placed = weir::parse_yaml_lines(text, "fuzz");
  CHECK(value.has_value() == placed.has_value());
  if (!value) return 0;

  CHECK(weir::compact(*value) == weir::compact(placed->value));
  CHECK(weir::compact(*value) ==
        weir::compact(weir::read_json_wire(weir::json_wire(*value), "fuzz").value()));
  // YAML breaks lines at CR as well as at LF.
  const auto breaks = std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  for (const auto& [pointer, line] : placed->lines) {
    CHECK(pointer.empty() || pointer.front() == '/');
    CHECK(line >= 1 && line <= breaks + 1);
  }
  return 0;
}
