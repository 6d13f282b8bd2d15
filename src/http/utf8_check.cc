#include "http/utf8_check.h"

#include <cstring>

namespace weir::http {

bool Utf8Check::take(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  while (at < bytes.size() && valid_) {
    // Eight bytes of ASCII at once.
    if (more_ == 0 && bytes.size() - at >= sizeof(std::uint64_t)) {
      std::uint64_t eight;
      std::memcpy(&eight, bytes.data() + at, sizeof eight);
      if ((eight & kHighBits) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    valid_ = take_byte(static_cast<std::uint8_t>(bytes[at++]));
  }
  return valid_;
}

bool Utf8Check::take_byte(std::uint8_t byte) {
  if (more_ > 0) {
    const bool fits = byte >= low_ && byte <= high_;
    low_ = 0x80;
    high_ = 0xbf;
    --more_;
    return fits;
  }
  if (byte < 0x80) return true;
  if (byte < 0xc2 || byte > 0xf4) return false;
  more_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  if (byte == 0xe0) low_ = 0xa0;
  if (byte == 0xed) high_ = 0x9f;
  if (byte == 0xf0) low_ = 0x90;
  if (byte == 0xf4) high_ = 0x8f;
  return true;
}

}  // namespace weir::http
