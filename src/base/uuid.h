// UUIDv7 (RFC 9562 section 5.7): time-ordered identifiers from a time and randomness that the caller
// supplies.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// unix_ms: milliseconds since 1970, 48 bits used. random: 10 bytes, of which 74 bits are used.
std::string uuid_v7(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& random);

// 8-4-4-4-12 hex digits, any version.
bool is_uuid(std::string_view text);

}  // namespace weir
