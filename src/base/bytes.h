// Bytes and their textual forms: hex, base64, little helpers on text. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(ByteView bytes);                       // lower case
std::optional<Bytes> from_hex(std::string_view text);     // even length, either case
std::string to_base64(ByteView bytes);                    // RFC 4648 section 4, padded
std::optional<Bytes> from_base64(std::string_view text);  // strict: padded, no whitespace, no stray bits

bool valid_utf8(std::string_view text);
// Invalid sequences become U+FFFD, as in the WHATWG decoder.
std::string to_valid_utf8(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);  // ASCII whitespace
std::string to_lower_ascii(std::string_view text);

// Text for a terminal or a log: control characters and invalid UTF-8 are escaped (\x1b), so that hostile
// bytes cannot move the cursor or forge lines. Newlines are escaped too. Longer than bytes_max: cut, with
// "…".
std::string printable(std::string_view text, std::size_t bytes_max = SIZE_MAX);

}  // namespace weir
