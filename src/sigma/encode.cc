#include "sigma/encode.h"

#include <cstdint>

#include "base/bytes.h"

namespace weir::sigma {
namespace {

// The code point at `at`, which moves behind it.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t first = byte(at);
  const std::size_t length = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
  if (length == 1 || at + length > text.size() || !valid_utf8(text.substr(at, length))) {
    ++at;
    return first;
  }
  std::uint32_t code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    code = code << 6 | (byte(at + i) & 0x3FU);
  at += length;
  return code;
}

}  // namespace

std::string utf16(std::string_view text, bool big_endian) {
  std::string out;
  const auto unit = [&](std::uint32_t value) {
    const char high = static_cast<char>(value >> 8 & 0xFF), low = static_cast<char>(value & 0xFF);
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t code = next_code_point(text, at);
    if (code < 0x10000) {
      unit(code);
    } else {
      unit(0xD800 + ((code - 0x10000) >> 10));
      unit(0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::array<std::string, 3> base64_offsets(std::string_view text) {
  // Characters that also hold bits of what stands before; and of what stands behind, by length modulo three.
  constexpr std::size_t kHead[] = {0, 2, 3};
  constexpr std::size_t kTail[] = {0, 3, 2};
  std::array<std::string, 3> out;
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string whole = to_base64(as_bytes(std::string(shift, ' ') + std::string(text)));
    const std::size_t cut = kHead[shift] + kTail[(text.size() + shift) % 3];
    if (cut < whole.size()) out[shift] = whole.substr(kHead[shift], whole.size() - cut);
  }
  return out;
}

}  // namespace weir::sigma
