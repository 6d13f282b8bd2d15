// Calls a minute: of one session now, and of its agent and repository before.
//
//   rates.add(12);                            // a minute that is over
//   auto usual = rates.usual();               // median and spread, which a few wild minutes do not move
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"

namespace weir::detect {

inline constexpr std::int64_t kMinuteNs = 60'000'000'000;

// Calls of one session in its current minute.
struct Minute {
  std::int64_t number = 0;  // since 1970
  std::uint32_t calls = 0;
  bool told = false;
};

// Calls a minute of one agent in one repository, minutes with none left out.
class MinuteRates {
 public:
  static constexpr std::size_t kKept = 256;

  void add(std::uint32_t calls);
  struct Against {
    double median = 0;
    double spread = 1;  // 1.4826 MAD, at least 1: of the order of a standard deviation
    std::size_t minutes = 0;
  };
  const Against& usual() const { return usual_; }

  Json to_json() const;
  // Errors: `invalid`.
  static Result<MinuteRates> from_json(const Json& json);

 private:
  void weigh();

  std::vector<std::uint32_t> kept_;
  std::size_t next_ = 0;
  Against usual_;
};

}  // namespace weir::detect
