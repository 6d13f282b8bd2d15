#include "base/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace weir {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

bool digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
  if (at + count > text.size()) return false;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + count, value);
  return error == std::errc{} && end == text.data() + at + count && text[at] != '-';
}

// "+hh:mm", "-hh:mm" or "Z" -> seconds to subtract.
std::optional<std::int64_t> offset_s(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  int hours = 0;
  int minutes = 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  if (!digits(text, 1, 2, hours) || !digits(text, 4, 2, minutes) || hours > 23 || minutes > 59)
    return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

std::string rfc3339(std::int64_t unix_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds{unix_ns}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<std::int64_t> from_rfc3339(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') ||
      text[13] != ':' || text[16] != ':')
    return std::nullopt;
  if (!digits(text, 0, 4, y) || !digits(text, 5, 2, mo) || !digits(text, 8, 2, d) ||
      !digits(text, 11, 2, h) || !digits(text, 14, 2, mi) || !digits(text, 17, 2, s))
    return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  // Outside 1678..2261 nanoseconds do not fit 64 bits.
  if (!date.ok() || h > 23 || mi > 59 || s > 60 || y < 1678 || y > 2261) return std::nullopt;
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (text[at] == '.') {
    std::int64_t unit = kSecond / 10;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += (text[at] - '0') * unit;
  }
  const auto offset = offset_s(text.substr(at));
  if (!offset) return std::nullopt;
  const std::int64_t of_day = std::int64_t{h} * 3600 + std::int64_t{mi} * 60 + s;
  const std::int64_t seconds = sys_days{date}.time_since_epoch().count() * std::int64_t{86400} + of_day;
  return (seconds - *offset) * kSecond + fraction;
}

std::optional<std::int64_t> duration_ns(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end + 1 != text.data() + text.size() || count < 0) return std::nullopt;
  std::int64_t unit_s = 0;
  switch (*end) {
    case 's':
      unit_s = 1;
      break;
    case 'm':
      unit_s = 60;
      break;
    case 'h':
      unit_s = 3600;
      break;
    case 'd':
      unit_s = 86400;
      break;
    default:
      return std::nullopt;
  }
  if (count > 3650LL * 86400 / unit_s) return std::nullopt;
  return count * unit_s * kSecond;
}

}  // namespace weir
