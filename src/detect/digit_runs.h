// Long runs of base64 characters (RFC 4648, either alphabet; hex is among them), found 64 bytes at a time.
//
//   each_digit_run(text, 24, [&](std::size_t begin, std::size_t end) { …; return true; });
//
// Ordinary text has none, so the look costs about a tenth of a nanosecond a byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace weir::detect {

// A-Z a-z 0-9 + / - _
bool is_digit_byte(char c);

// Bit i tells whether byte i is one; at most 64 bytes.
std::uint64_t digit_mask(std::string_view block);

// Every longest run of at least `min` such bytes (min from 1 to 32), by place, while `each` says to go on.
void each_digit_run(std::string_view text, std::size_t min,
                    const std::function<bool(std::size_t begin, std::size_t end)>& each);

}  // namespace weir::detect
