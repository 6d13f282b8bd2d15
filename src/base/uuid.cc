#include "base/uuid.h"

#include "base/bytes.h"

namespace weir {

std::string uuid_v7(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& random) {
  std::array<std::uint8_t, 16> raw;
  for (std::size_t i = 0; i < 6; ++i)
    raw[i] = static_cast<std::uint8_t>(unix_ms >> (40 - 8 * i));
  for (std::size_t i = 0; i < 10; ++i)
    raw[6 + i] = random[i];
  raw[6] = static_cast<std::uint8_t>(0x70 | (raw[6] & 0x0F));
  raw[8] = static_cast<std::uint8_t>(0x80 | (raw[8] & 0x3F));
  std::string text = to_hex(raw);
  for (const std::size_t at : {8, 13, 18, 23})
    text.insert(at, 1, '-');
  return text;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace weir
