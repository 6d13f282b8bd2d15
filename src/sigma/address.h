// IP addresses and ranges in CIDR notation (RFC 4632, RFC 4291), for the modifier `cidr`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::sigma {

struct Address {
  std::array<std::uint8_t, 16> bytes{};  // IPv4: the first four
  bool v6 = false;
  bool operator==(const Address&) const = default;
};
// "10.0.0.1", "2001:db8::1"; no zone, no brackets, no leading zeros in IPv4.
std::optional<Address> parse_address(std::string_view text);

struct AddressRange {
  Address base;
  unsigned prefix_bits = 0;  // 0 … 32 or 128
  std::string text;

  bool contains(const Address& address) const;  // never across the two families
};
// "10.0.0.0/8", "fe80::/10", or one address. Bits beyond the prefix are ignored.
Result<AddressRange> parse_range(std::string_view text);

}  // namespace weir::sigma
