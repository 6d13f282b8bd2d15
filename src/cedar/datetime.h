// Extension types `datetime` and `duration` (Cedar RFC 80): milliseconds in 64 bits.
//
//   Datetime::parse("2024-10-15T11:35:00.000+0100")     Duration::parse("-1d12h")
//
// Arithmetic that leaves 64 bits yields none, which the evaluator reports as an error.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::cedar {

struct Duration {
  std::int64_t ms = 0;

  // "-"? then days, hours, minutes, seconds, milliseconds ("1d2h3m4s5ms") in this order, each at most once,
  // at least one. None for anything else or beyond 64 bits.
  static std::optional<Duration> parse(std::string_view text);
  std::string text() const;  // in milliseconds: "5400000ms"

  // Whole units, rounded towards zero.
  std::int64_t seconds() const { return ms / 1000; }
  std::int64_t minutes() const { return ms / 60'000; }
  std::int64_t hours() const { return ms / 3'600'000; }
  std::int64_t days() const { return ms / 86'400'000; }

  auto operator<=>(const Duration&) const = default;
};

struct Datetime {
  std::int64_t unix_ms = 0;  // since 1970-01-01T00:00:00Z

  // YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with optional .SSS and then Z or +hhmm or -hhmm. No leap seconds.
  static std::optional<Datetime> parse(std::string_view text);
  std::string text() const;  // as `offset` from the epoch where the year does not fit four digits

  std::optional<Datetime> offset(Duration by) const;
  std::optional<Duration> duration_since(Datetime other) const;
  std::optional<Datetime> to_date() const;  // midnight UTC at or before
  Duration to_time() const;                 // since that midnight

  auto operator<=>(const Datetime&) const = default;
};

}  // namespace weir::cedar
