#include "cedar/decimal.h"

#include <fmt/format.h>

#include <limits>

namespace weir::cedar {
namespace {

constexpr std::size_t kDecimals = 4;

// The magnitude of a run of digits, none when it is not one or exceeds 2^63 ten-thousandths anyway.
std::optional<std::uint64_t> digits(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > 1'000'000'000'000'000) return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  if (point == std::string_view::npos) return std::nullopt;
  const std::string_view fraction = text.substr(point + 1);
  if (fraction.size() > kDecimals) return std::nullopt;
  const auto whole = digits(text.substr(0, point));
  auto part = digits(fraction);
  if (!whole || !part) return std::nullopt;
  for (std::size_t i = fraction.size(); i < kDecimals; ++i)
    *part *= 10;
  const std::uint64_t magnitude = *whole * 10'000 + *part;  // at most 10^19 + 9999: fits
  const std::uint64_t magnitude_max = std::uint64_t{1} << 63;
  if (magnitude > (negative ? magnitude_max : magnitude_max - 1)) return std::nullopt;
  return Decimal{static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude)};
}

std::string Decimal::text() const {
  const std::uint64_t bits = static_cast<std::uint64_t>(ten_thousandths);
  const std::uint64_t magnitude = ten_thousandths < 0 ? 0 - bits : bits;
  return fmt::format("{}{}.{:04}", ten_thousandths < 0 ? "-" : "", magnitude / 10'000, magnitude % 10'000);
}

}  // namespace weir::cedar
