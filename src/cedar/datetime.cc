#include "cedar/datetime.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace weir::cedar {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// Reads fixed-width numbers and literal characters from the front of a text; `ok` turns false for good at
// the first that does not fit.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  int number(std::size_t width, int value_max) {
    int value = 0;
    if (rest.size() < width) ok = false;
    for (std::size_t i = 0; ok && i < width; ++i) {
      if (rest[i] < '0' || rest[i] > '9') ok = false;
      value = value * 10 + (rest[i] - '0');
    }
    if (value > value_max) ok = false;
    if (ok) rest.remove_prefix(width);
    return ok ? value : 0;
  }
  bool take(char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) ok = false;
  }
};

// Milliseconds that the offset "+hhmm" or "-hhmm" or "Z" adds to UTC.
std::int64_t read_zone(Cursor& in) {
  if (in.take('Z')) return 0;
  const bool negative = in.rest.starts_with('-');
  if (!in.take('-')) in.expect('+');
  const std::int64_t hours = in.number(2, 23);
  const std::int64_t ms = (hours * 60 + in.number(2, 59)) * 60'000;
  return negative ? -ms : ms;
}

// `quantity` of a unit as milliseconds, negated when `negative`; none beyond 64 bits. Negative throughout, so
// that the least 64-bit number can be reached.
std::optional<std::int64_t> scaled(std::string_view quantity, std::int64_t unit_ms, bool negative) {
  std::int64_t value = 0;
  for (const char c : quantity) {
    const int digit = negative ? -(c - '0') : c - '0';
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
        __builtin_add_overflow(value, std::int64_t{digit}, &value))
      return std::nullopt;
  }
  if (__builtin_mul_overflow(value, unit_ms, &value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Duration> Duration::parse(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::int64_t ms;
  };
  static constexpr Unit kUnits[] = {{"d", kDayMs}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return std::nullopt;
    const std::string_view quantity = text.substr(0, digits);
    text.remove_prefix(digits);
    const std::string_view suffix = text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
    text.remove_prefix(suffix.size());
    while (next_unit < std::size(kUnits) && kUnits[next_unit].suffix != suffix)
      ++next_unit;
    if (next_unit == std::size(kUnits)) return std::nullopt;
    const auto part = scaled(quantity, kUnits[next_unit++].ms, negative);
    if (!part || __builtin_add_overflow(total, *part, &total)) return std::nullopt;
  }
  return Duration{total};
}

std::string Duration::text() const {
  return fmt::format("{}ms", ms);
}

std::optional<Datetime> Datetime::parse(std::string_view text) {
  Cursor in{text};
  const int year = in.number(4, 9999);
  in.expect('-');
  const int month = in.number(2, 12);
  in.expect('-');
  const int day = in.number(2, 31);
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!in.ok || !date.ok()) return std::nullopt;
  std::int64_t ms = std::chrono::sys_days(date).time_since_epoch().count() * kDayMs;
  if (in.rest.empty()) return Datetime{ms};
  in.expect('T');
  ms += in.number(2, 23) * std::int64_t{3'600'000};
  in.expect(':');
  ms += in.number(2, 59) * std::int64_t{60'000};
  in.expect(':');
  ms += in.number(2, 59) * std::int64_t{1000};
  if (in.take('.')) ms += in.number(3, 999);
  ms -= read_zone(in);
  if (!in.ok || !in.rest.empty()) return std::nullopt;
  return Datetime{ms};
}

std::string Datetime::text() const {
  const std::int64_t time_ms = to_time().ms;
  const std::int64_t days = unix_ms / kDayMs - (unix_ms % kDayMs < 0 ? 1 : 0);
  constexpr std::int64_t kFirstDay = -719'528, kLastDay = 2'932'896;  // 0000-01-01, 9999-12-31
  if (days < kFirstDay || days > kLastDay) return fmt::format("1970-01-01 offset {}ms", unix_ms);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time_ms / 3'600'000, time_ms / 60'000 % 60, time_ms / 1000 % 60, time_ms % 1000);
}

std::optional<Datetime> Datetime::offset(Duration by) const {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(unix_ms, by.ms, &sum)) return std::nullopt;
  return Datetime{sum};
}

std::optional<Duration> Datetime::duration_since(Datetime other) const {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(unix_ms, other.unix_ms, &difference)) return std::nullopt;
  return Duration{difference};
}

std::optional<Datetime> Datetime::to_date() const {
  std::int64_t midnight = 0;
  if (__builtin_sub_overflow(unix_ms, to_time().ms, &midnight)) return std::nullopt;
  return Datetime{midnight};
}

Duration Datetime::to_time() const {
  const std::int64_t remainder = unix_ms % kDayMs;
  return Duration{remainder < 0 ? remainder + kDayMs : remainder};
}

}  // namespace weir::cedar
