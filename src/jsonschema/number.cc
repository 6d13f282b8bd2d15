#include "jsonschema/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace weir::jsonschema {
namespace {

__extension__ using Wide = unsigned __int128;

// digits · 10^exponent. A double by its shortest decimal, which is what was written for all practical texts.
struct Decimal {
  Wide digits = 0;
  int exponent = 0;
};

Decimal decimal_of_double(double value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific);
  Decimal out;
  bool fraction = false;
  const char* at = text;
  for (; at != end.ptr && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    out.digits = out.digits * 10 + static_cast<unsigned>(*at - '0');
    if (fraction) --out.exponent;
  }
  int power = 0;
  if (at != end.ptr) ++at;
  if (at != end.ptr && *at == '+') ++at;
  std::from_chars(at, end.ptr, power);
  out.exponent += power;
  return out;
}

Decimal magnitude(const Json& number) {
  if (number.is_double()) return decimal_of_double(number.as_double());
  if (number.is_uint64()) return {number.as_uint64(), 0};
  const std::int64_t value = number.as_int();
  return {
      value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value),
      0};
}

int sign(const Json& number) {
  if (number.is_uint64()) return 1;
  if (number.is_int()) return number.as_int() < 0 ? -1 : number.as_int() > 0 ? 1 : 0;
  return number.as_double() < 0 ? -1 : number.as_double() > 0 ? 1 : 0;
}

int digit_count(Wide value) {
  int count = 0;
  for (; value != 0; value /= 10)
    ++count;
  return count;
}

std::strong_ordering compare_magnitudes(Decimal a, Decimal b) {
  if (a.digits == 0 || b.digits == 0) return (a.digits != 0) <=> (b.digits != 0);
  if (const auto first = digit_count(a.digits) + a.exponent <=> digit_count(b.digits) + b.exponent;
      first != 0)
    return first;
  // As many digits before the point: at most 20 of each (64 bits), so 10^20 times one of them still fits.
  for (; a.exponent > b.exponent; --a.exponent)
    a.digits *= 10;
  for (; b.exponent > a.exponent; --b.exponent)
    b.digits *= 10;
  return a.digits < b.digits   ? std::strong_ordering::less
         : a.digits > b.digits ? std::strong_ordering::greater
                               : std::strong_ordering::equal;
}

// base · 10^power modulo m; m below 2^64, so that no product overflows.
Wide times_ten(Wide base, int power, Wide m) {
  base %= m;
  Wide ten = 10 % m;
  for (; power > 0; power /= 2) {
    if (power % 2 == 1) base = base * ten % m;
    ten = ten * ten % m;
  }
  return base;
}

}  // namespace

std::strong_ordering compare_numbers(const Json& a, const Json& b) {
  const int first = sign(a);
  const int second = sign(b);
  if (first != second) return first <=> second;
  if (first == 0) return std::strong_ordering::equal;
  const auto order = compare_magnitudes(magnitude(a), magnitude(b));
  return first > 0 ? order : 0 <=> order;
}

bool is_whole(const Json& number) {
  return !number.is_double() || std::floor(number.as_double()) == number.as_double();
}

bool is_multiple(const Json& number, const Json& of) {
  Decimal a = magnitude(number);
  Decimal b = magnitude(of);
  if (a.digits == 0) return true;
  if (a.exponent >= b.exponent) return times_ten(a.digits, a.exponent - b.exponent, b.digits) == 0;
  // b is the coarser one: a multiple only when a, too, ends in as many zeros.
  for (; a.exponent < b.exponent; ++a.exponent) {
    if (a.digits % 10 != 0) return false;
    a.digits /= 10;
  }
  return a.digits % b.digits == 0;
}

}  // namespace weir::jsonschema
