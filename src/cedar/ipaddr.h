// Extension type `ipaddr`: an IPv4 or IPv6 address, or a range of them in CIDR notation.
//
// The accepted text is Cedar's, narrower than inet_pton: no leading zeros in decimal parts, no IPv4 part
// inside IPv6, no zone. An address without a prefix is the range of itself alone. Two values are equal when
// address and prefix are, so 10.0.0.1/24 differs from 10.0.0.2/24 though they cover the same range.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::cedar {

struct IpAddr {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // network order; IPv4 uses the first four
  std::uint8_t prefix_bits = 32;         // 0..32 or 0..128

  static std::optional<IpAddr> parse(std::string_view text);
  std::string text() const;  // IPv6 uncompressed; the prefix only when it is not the whole address

  bool is_loopback() const;   // wholly inside 127.0.0.0/8 or equal to ::1
  bool is_multicast() const;  // wholly inside 224.0.0.0/4 or ff00::/8
  // Whether this range lies wholly inside `range`; never across versions.
  bool in_range(const IpAddr& range) const;

  auto operator<=>(const IpAddr&) const = default;
};

}  // namespace weir::cedar
