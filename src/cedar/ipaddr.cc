#include "cedar/ipaddr.h"

#include <fmt/format.h>

#include <vector>

#include "base/bytes.h"

namespace weir::cedar {
namespace {

// A decimal number without leading zeros, of at most digits_max digits and at most value_max.
std::optional<unsigned> small_number(std::string_view text, std::size_t digits_max, unsigned value_max) {
  if (text.empty() || text.size() > digits_max || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > value_max) return std::nullopt;
  return value;
}

bool read_v4(std::string_view text, IpAddr& out) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto value = small_number(parts[i], 3, 255);
    if (!value) return false;
    out.bytes[i] = static_cast<std::uint8_t>(*value);
  }
  return true;
}

// Groups of one to four hexadecimal digits between single colons; "" has no groups.
bool read_groups(std::string_view text, std::vector<std::uint16_t>& groups) {
  if (text.empty()) return true;
  for (const auto part : split(text, ':')) {
    if (part.empty() || part.size() > 4) return false;
    unsigned value = 0;
    for (const char c : part) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    groups.push_back(static_cast<std::uint16_t>(value));
  }
  return true;
}

bool read_v6(std::string_view text, IpAddr& out) {
  std::vector<std::uint16_t> front, back;
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!read_groups(text, front) || front.size() != 8) return false;
  } else {
    if (!read_groups(text.substr(0, gap), front) || !read_groups(text.substr(gap + 2), back)) return false;
    if (front.size() + back.size() >= 8) return false;
    front.resize(8 - back.size());
    front.insert(front.end(), back.begin(), back.end());
  }
  for (std::size_t i = 0; i < 8; ++i) {
    out.bytes[2 * i] = static_cast<std::uint8_t>(front[i] >> 8);
    out.bytes[2 * i + 1] = static_cast<std::uint8_t>(front[i]);
  }
  return true;
}

// Whether the first `bits` bits of both agree.
bool same_prefix(const IpAddr& a, const IpAddr& b, unsigned bits) {
  for (unsigned i = 0; bits > 0; ++i) {
    const unsigned take = bits < 8 ? bits : 8;
    const unsigned mask = 0xFFu << (8 - take);
    if (((a.bytes[i] ^ b.bytes[i]) & mask & 0xFF) != 0) return false;
    bits -= take;
  }
  return true;
}

}  // namespace

std::optional<IpAddr> IpAddr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  IpAddr out;
  if (!read_v4(address, out)) {
    out = IpAddr{.is_v6 = true, .prefix_bits = 128};
    if (!read_v6(address, out)) return std::nullopt;
  }
  if (slash != std::string_view::npos) {
    const auto prefix = small_number(text.substr(slash + 1), out.is_v6 ? 3 : 2, out.is_v6 ? 128 : 32);
    if (!prefix) return std::nullopt;
    out.prefix_bits = static_cast<std::uint8_t>(*prefix);
  }
  return out;
}

std::string IpAddr::text() const {
  std::string out;
  if (is_v6) {
    for (std::size_t i = 0; i < 8; ++i)
      out += fmt::format("{}{:x}", i == 0 ? "" : ":", bytes[2 * i] << 8 | bytes[2 * i + 1]);
  } else {
    out = fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  }
  if (prefix_bits != (is_v6 ? 128 : 32)) out += fmt::format("/{}", prefix_bits);
  return out;
}

bool IpAddr::in_range(const IpAddr& range) const {
  return is_v6 == range.is_v6 && prefix_bits >= range.prefix_bits &&
         same_prefix(*this, range, range.prefix_bits);
}

bool IpAddr::is_loopback() const {
  IpAddr range{.is_v6 = is_v6, .prefix_bits = static_cast<std::uint8_t>(is_v6 ? 128 : 8)};
  if (is_v6)
    range.bytes[15] = 1;
  else
    range.bytes[0] = 127;
  return in_range(range);
}

bool IpAddr::is_multicast() const {
  IpAddr range{.is_v6 = is_v6, .prefix_bits = static_cast<std::uint8_t>(is_v6 ? 8 : 4)};
  range.bytes[0] = is_v6 ? 0xFF : 224;
  return in_range(range);
}

}  // namespace weir::cedar
