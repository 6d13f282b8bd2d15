#include "cedar/ipaddr.h"

#include <fmt/format.h>

#include <algorithm>

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

// The text before the next separator, which is removed with it; none when nothing is left. "a." has two
// parts.
class Parts {
 public:
  Parts(std::string_view text, char separator) : rest_(text), separator_(separator) {}
  std::optional<std::string_view> next() {
    if (ended_) return std::nullopt;
    const auto at = rest_.find(separator_);
    const auto part = rest_.substr(0, at);
    ended_ = at == std::string_view::npos;
    if (!ended_) rest_.remove_prefix(at + 1);
    return part;
  }

 private:
  std::string_view rest_;
  char separator_;
  bool ended_ = false;
};

bool read_v4(std::string_view text, IpAddr& out) {
  Parts parts(text, '.');
  for (std::size_t i = 0; i < 4; ++i) {
    const auto part = parts.next();
    const auto value = part ? small_number(*part, 3, 255) : std::nullopt;
    if (!value) return false;
    out.bytes[i] = static_cast<std::uint8_t>(*value);
  }
  return !parts.next();
}

struct Groups {
  std::array<std::uint16_t, 8> values{};
  std::size_t count = 0;
};

// Up to eight groups of one to four hexadecimal digits between single colons; "" has no groups.
bool read_groups(std::string_view text, Groups& groups) {
  if (text.empty()) return true;
  Parts parts(text, ':');
  while (const auto part = parts.next()) {
    if (part->empty() || part->size() > 4 || groups.count == groups.values.size()) return false;
    unsigned value = 0;
    for (const char c : *part) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    groups.values[groups.count++] = static_cast<std::uint16_t>(value);
  }
  return true;
}

bool read_v6(std::string_view text, IpAddr& out) {
  Groups front, back;
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!read_groups(text, front) || front.count != 8) return false;
  } else {
    if (!read_groups(text.substr(0, gap), front) || !read_groups(text.substr(gap + 2), back)) return false;
    if (front.count + back.count >= 8) return false;
    std::copy_n(back.values.begin(), back.count,
                front.values.end() - static_cast<std::ptrdiff_t>(back.count));
  }
  for (std::size_t i = 0; i < 8; ++i) {
    out.bytes[2 * i] = static_cast<std::uint8_t>(front.values[i] >> 8);
    out.bytes[2 * i + 1] = static_cast<std::uint8_t>(front.values[i]);
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
