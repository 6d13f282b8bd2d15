// How surprising is surprising enough: a threshold from the stream's own past, and rates against their
// median.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/json.h"

namespace weir::detect {

// Scores in bits → told or not, so that about `alerts_per_day` are told.
class AlertScale {
 public:
  explicit AlertScale(double alerts_per_day);

  // The score of a call at `wall_ns` (0: unknown), of a stream that has `calls_per_day_assumed` until its own
  // times say better. Learns from every score; `may_tell` is false for calls that are only learned from.
  bool tell(double bits, bool may_tell, std::int64_t wall_ns, double calls_per_day_assumed);

  double threshold() const { return threshold_; }
  double calls_per_day() const { return calls_per_day_; }
  std::uint64_t told() const { return told_; }
  std::uint64_t held_back() const { return held_back_; }

  Json to_json() const;
  static Result<AlertScale> from_json(const Json& json, double alerts_per_day);

 private:
  static constexpr std::size_t kBins = 256;  // quarters of a bit
  void learn(double bits);
  double quantile(double share) const;

  double alerts_per_day_ = 0;
  std::array<double, kBins> bins_{};
  double total_ = 0;
  double budget_ = 0;  // alerts that may be told now
  double threshold_ = 0;
  double calls_per_day_ = 0;
  std::int64_t first_ns_ = 0;
  std::int64_t last_ns_ = 0;
  std::uint64_t timed_ = 0;  // calls with a time
  std::uint64_t told_ = 0;
  std::uint64_t held_back_ = 0;
};

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
    double spread = 0;  // 1.4826 MAD, at least 1: of the order of a standard deviation
    std::size_t minutes = 0;
  };
  Against usual() const;

  Json to_json() const;
  static Result<MinuteRates> from_json(const Json& json);

 private:
  std::vector<std::uint32_t> kept_;
  std::size_t next_ = 0;
};

}  // namespace weir::detect
