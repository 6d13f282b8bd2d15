#include "gateway/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace weir::gateway {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Net4 {
  std::uint32_t base;
  int bits;
  Place place;
};
constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}
// The first that fits decides.
constexpr Net4 kNets4[] = {
    {ip(169, 254, 169, 254), 32, Place::metadata},  // AWS, Azure, GCP, OpenStack, DigitalOcean
    {ip(169, 254, 170, 2), 32, Place::metadata},    // AWS ECS task credentials
    {ip(169, 254, 170, 23), 32, Place::metadata},   // AWS EKS pod identity
    {ip(100, 100, 100, 200), 32, Place::metadata},  // Alibaba
    {ip(168, 63, 129, 16), 32, Place::metadata},    // Azure WireServer, a public address elsewhere unused
    {ip(192, 0, 0, 192), 32, Place::metadata},      // Oracle
    {ip(0, 0, 0, 0), 8, Place::reserved},           // "this network", RFC 791
    {ip(10, 0, 0, 0), 8, Place::private_net},
    {ip(100, 64, 0, 0), 10, Place::shared},
    {ip(127, 0, 0, 0), 8, Place::loopback},
    {ip(169, 254, 0, 0), 16, Place::link_local},
    {ip(172, 16, 0, 0), 12, Place::private_net},
    {ip(192, 0, 0, 0), 24, Place::reserved},  // IETF protocol assignments
    {ip(192, 0, 2, 0), 24, Place::reserved},  // documentation
    {ip(192, 88, 99, 0), 24, Place::tunnel},  // 6to4 relays, RFC 7526
    {ip(192, 168, 0, 0), 16, Place::private_net},
    {ip(198, 18, 0, 0), 15, Place::reserved},    // benchmarks; our synthetic addresses
    {ip(198, 51, 100, 0), 24, Place::reserved},  // documentation
    {ip(203, 0, 113, 0), 24, Place::reserved},   // documentation
    {ip(224, 0, 0, 0), 4, Place::multicast},
    {ip(255, 255, 255, 255), 32, Place::multicast},
    {ip(240, 0, 0, 0), 4, Place::reserved},
};

Place place_of_v4(std::uint32_t bits) {
  for (const auto& net : kNets4)
    if ((bits ^ net.base) >> (32 - net.bits) == 0) return net.place;
  return Place::global;
}

struct Net6 {
  std::array<std::uint8_t, 16> base;
  unsigned bits;
  Place place;
};
constexpr Net6 kNets6[] = {
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, Place::metadata},  // AWS
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23}, 128, Place::metadata},     // AWS EKS
    {{0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, Place::metadata},     // GCP
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, Place::loopback},
    {{0xfe, 0x80}, 10, Place::link_local},
    {{0xfe, 0xc0}, 10, Place::private_net},  // site local, RFC 3879
    {{0xfc}, 7, Place::private_net},         // unique local
    {{0xff}, 8, Place::multicast},
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, Place::tunnel},  // local-use NAT64, RFC 8215
    {{0x20, 0x02}, 16, Place::tunnel},                 // 6to4, RFC 3056
    {{0x20, 0x01, 0, 0}, 32, Place::tunnel},           // Teredo, RFC 4380
    {{0x20, 0x01, 0, 0}, 23, Place::reserved},         // IETF protocol assignments, ORCHID
    {{0x20, 0x01, 0x0d, 0xb8}, 32, Place::reserved},   // documentation
    {{0x3f, 0xff}, 20, Place::reserved},               // documentation, RFC 9637
};

bool within(const std::array<std::uint8_t, 16>& address, const std::array<std::uint8_t, 16>& base,
            unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(whole), address.begin()))
    return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (address[whole] ^ base[whole]) >> (8 - rest) == 0;
}

std::uint32_t last_four(const std::array<std::uint8_t, 16>& bytes) {
  return ip(bytes[12], bytes[13], bytes[14], bytes[15]);
}

Place place_of_v6(const std::array<std::uint8_t, 16>& bytes) {
  // RFC 6052: the last four bytes are the IPv4 address that a translator sends to.
  constexpr std::array<std::uint8_t, 16> kNat64 = {0, 0x64, 0xff, 0x9b};
  if (within(bytes, kNat64, 96)) return place_of_v4(last_four(bytes));
  for (const auto& net : kNets6)
    if (within(bytes, net.base, net.bits)) return net.place;
  return within(bytes, {0x20}, 3) ? Place::global : Place::reserved;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof terminated || text.contains('\0')) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  in_addr four{};
  if (::inet_pton(AF_INET, terminated, &four) == 1) return v4(ntohl(four.s_addr));
  std::array<std::uint8_t, 16> six{};
  if (::inet_pton(AF_INET6, terminated, six.data()) == 1) return v6(six);
  return std::nullopt;
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  address.v4_ = true;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes_.begin());
  for (unsigned i = 0; i < 4; ++i)
    address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.v4_ = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  address.bytes_ = bytes;
  return address;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return v4(ntohl(four.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
  return v6(bytes);
}

std::uint32_t IpAddress::v4_bits() const {
  return last_four(bytes_);
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data() + (v4_ ? 12 : 0), out, sizeof out);
  return out;
}

Place place_of(const IpAddress& address) {
  return address.is_v4() ? place_of_v4(address.v4_bits()) : place_of_v6(address.bytes());
}

std::string_view name(Place place) {
  switch (place) {
    case Place::global:
      return "public";
    case Place::loopback:
      return "loopback";
    case Place::private_net:
      return "private";
    case Place::shared:
      return "carrier-grade NAT";
    case Place::link_local:
      return "link-local";
    case Place::metadata:
      return "metadata service";
    case Place::multicast:
      return "multicast";
    case Place::reserved:
      return "reserved";
    case Place::tunnel:
      return "tunnel";
  }
  return "reserved";
}

}  // namespace weir::gateway
