// An IP address as a value, and what kind of place it is.
//
//   auto address = IpAddress::parse("::ffff:127.0.0.1");   // is 127.0.0.1: mapped forms are taken apart
//   place_of(*address) == Place::loopback
//
// Places follow the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its successors, as of
// 2025). Addresses that carry an IPv4 address inside (NAT64 of RFC 6052, 6to4, Teredo) are what they carry,
// or refused.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace weir::gateway {

class IpAddress {
 public:
  // Only the usual forms: four decimal numbers without leading zeros; RFC 4291 for IPv6, no zone, no
  // brackets.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);  // v4-mapped becomes v4
  // AF_INET and AF_INET6; none for other families.
  static std::optional<IpAddress> of(const sockaddr& address);

  bool is_v4() const { return v4_; }
  std::uint32_t v4_bits() const;                                        // host order; is_v4() only
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  // v4: the mapped form
  std::string text() const;                                             // RFC 5952

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v4_ = false;
  std::array<std::uint8_t, 16> bytes_{};
};

enum class Place {
  global,       // the internet
  loopback,     // 127/8, ::1
  private_net,  // RFC 1918, unique local (RFC 4193), site local
  shared,       // carrier-grade NAT, 100.64/10
  link_local,   // 169.254/16, fe80::/10
  metadata,     // where clouds hand out credentials
  multicast,    // and broadcast
  reserved,     // unspecified, documentation, benchmarks, protocol assignments, not yet assigned
  tunnel,       // 6to4, Teredo, local-use NAT64: leads to an IPv4 address that cannot be checked
};
Place place_of(const IpAddress& address);
std::string_view name(Place place);  // "loopback", "private", "carrier-grade NAT" ...

}  // namespace weir::gateway
