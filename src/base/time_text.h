// Times as text. Pure: nobody here reads a clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Nanoseconds since 1970-01-01T00:00:00Z <-> RFC 3339 in UTC with nine decimals
// ("2026-11-22T00:44:24.000000001Z"). Reading accepts any number of decimals (up to 9 kept) and numeric
// offsets.
std::string rfc3339(std::int64_t unix_ns);
std::optional<std::int64_t> from_rfc3339(std::string_view text);

// "90s", "15m", "24h", "7d" -> nanoseconds; none for anything else or beyond ten years.
std::optional<std::int64_t> duration_ns(std::string_view text);

}  // namespace weir
