#include "sigma/address.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace weir::sigma {
namespace {

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<Address> parse_v4(std::string_view text) {
  if (text.size() > 15) return std::nullopt;
  Address out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.', at) : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(at, dot - at);
    const auto value = number<std::uint8_t>(part);
    if (!value || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    out.bytes[i] = *value;
    at = dot + 1;
  }
  return out;
}

// Groups of 16 bits into `out`; how many, or none. A dotted IPv4 tail counts as two.
std::optional<std::size_t> groups(std::string_view text, std::array<std::uint16_t, 8>& out) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(part);
      if (!v4 || count > 6) return std::nullopt;
      out[count++] = static_cast<std::uint16_t>(v4->bytes[0] << 8 | v4->bytes[1]);
      out[count++] = static_cast<std::uint16_t>(v4->bytes[2] << 8 | v4->bytes[3]);
      return count;
    }
    const auto value = part.size() <= 4 ? number<std::uint16_t>(part, 16) : std::nullopt;
    if (!value || count >= 8) return std::nullopt;
    out[count++] = *value;
    if (colon == std::string_view::npos) return count;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return count;
}

std::optional<Address> parse_v6(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  std::array<std::uint16_t, 8> head{}, tail{};
  const std::size_t gap = text.find("::");
  const bool gapped = gap != std::string_view::npos;
  const auto before = groups(text.substr(0, gap), head);
  const auto after = gapped ? groups(text.substr(gap + 2), tail) : std::optional<std::size_t>(std::size_t{0});
  if (!before || !after) return std::nullopt;
  if (gapped ? *before + *after > 7 : *before != 8) return std::nullopt;
  for (std::size_t i = 0; i < *after; ++i)
    head[8 - *after + i] = tail[i];
  Address out{.bytes = {}, .v6 = true};
  for (std::size_t i = 0; i < 8; ++i) {
    out.bytes[2 * i] = static_cast<std::uint8_t>(head[i] >> 8);
    out.bytes[2 * i + 1] = static_cast<std::uint8_t>(head[i]);
  }
  return out;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

bool AddressRange::contains(const Address& address) const {
  if (address.v6 != base.v6) return false;
  const std::size_t whole = prefix_bits / 8;
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin()))
    return false;
  const unsigned rest = prefix_bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
  return (base.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

Result<AddressRange> parse_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(trim(text.substr(0, slash)));
  const char* const hint = "write it like 10.0.0.0/8 or fe80::/10";
  if (!address) return fail("this is no IP address or range", printable(text, 80), hint);
  AddressRange range{.base = *address, .prefix_bits = address->v6 ? 128U : 32U, .text = std::string(text)};
  if (slash == std::string_view::npos) return range;
  const auto bits = number<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > range.prefix_bits)
    return fail("the length of the prefix is not valid", printable(text, 80), hint);
  range.prefix_bits = *bits;
  return range;
}

}  // namespace weir::sigma
