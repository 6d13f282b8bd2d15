// Is a text that comes in pieces UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing
// above U+10FFFF)? A wrong byte is known when it is seen, not when its character ends.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::http {

class Utf8Check {
 public:
  // False from the first wrong byte on.
  bool take(std::string_view bytes);
  // No character is cut.
  bool whole() const { return valid_ && more_ == 0; }

 private:
  bool take_byte(std::uint8_t byte);

  bool valid_ = true;
  int more_ = 0;             // bytes of this character that are to come
  std::uint8_t low_ = 0x80;  // what the next of them may be
  std::uint8_t high_ = 0xbf;
};

}  // namespace weir::http
