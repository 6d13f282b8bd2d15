// Extension type `decimal`: a number with exactly four decimals, held as 64-bit ten-thousandths.
// Range -922337203685477.5808 to 922337203685477.5807 (docs.cedarpolicy.com, "decimal").
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::cedar {

struct Decimal {
  std::int64_t ten_thousandths = 0;

  // "-"? digits "." one to four digits; none for anything else or outside the range.
  static std::optional<Decimal> parse(std::string_view text);
  std::string text() const;  // four decimals always: "1.5000"

  auto operator<=>(const Decimal&) const = default;
};

}  // namespace weir::cedar
