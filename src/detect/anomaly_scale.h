// How surprising is surprising enough: for each family of rules a scale of its own, with a budget of its own.
//
//   AlertScale scale(budget_of(AnomalyFamily::rare, 3));
//   scale.refill(days_passed);
//   if (scale.tell(bits, calls_per_day)) …     // takes one from the budget
//   scale.learn(bits);                         // of a call that really happened
//
// The threshold is the quantile of the family's own past scores above which its alerts of a day lie. The
// budget holds what drift would make of that: two days' worth at most, never less than one alert.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/json.h"

namespace weir::detect {

// What one budget is for; each is one rule.
enum class AnomalyFamily { first_seen, rare, sequence, rate };
inline constexpr std::size_t kAnomalyFamilies = 4;
inline constexpr std::array<AnomalyFamily, kAnomalyFamilies> kAllAnomalyFamilies = {
    AnomalyFamily::first_seen, AnomalyFamily::rare, AnomalyFamily::sequence, AnomalyFamily::rate};

// "anomaly.first-seen".
std::string_view rule_of(AnomalyFamily family);
// Alerts a day of this family, where all together may have `alerts_per_day`: 1/2, 1/12, 1/4 and 1/6 of it.
double budget_of(AnomalyFamily family, double alerts_per_day);

class AlertScale {
 public:
  explicit AlertScale(double alerts_per_day);

  void refill(double days);
  // Is this surprise told? Learns nothing, so that what is tried and refused does not make room for itself.
  bool tell(double bits, double calls_per_day);
  // Whether it would be told if the budget had room.
  bool is_above(double bits, double calls_per_day) const;
  void learn(double bits);

  double alerts_per_day() const { return alerts_per_day_; }
  double threshold(double calls_per_day) const;  // bits
  std::uint64_t told() const { return told_; }
  std::uint64_t held_back() const { return held_back_; }  // above the threshold, and the budget was spent

  Json to_json() const;
  // Errors: `invalid` with the member.
  static Result<AlertScale> from_json(const Json& json, double alerts_per_day);

 private:
  static constexpr std::size_t kBins = 256;  // quarters of a bit
  double quantile(double share) const;

  double alerts_per_day_ = 0;
  std::array<float, kBins> bins_{};
  double total_ = 0;
  double budget_ = 1;  // alerts that may be told now; a first one may be told at once
  std::uint64_t told_ = 0;
  std::uint64_t held_back_ = 0;
};

// How many calls a day there are, and how much time goes by between them.
class CallsADay {
 public:
  // Days since the last call that was seen. A call of unknown time (0) is as long as calls usually are apart;
  // time that runs backwards stands still.
  double passed(std::int64_t wall_ns, double assumed);
  // One that really happened.
  void count(std::int64_t wall_ns);
  // `assumed` until the calls of an hour or more say better.
  double per_day(double assumed) const;

  Json to_json() const;
  static Result<CallsADay> from_json(const Json& json);

 private:
  std::int64_t first_ns_ = 0;
  std::int64_t last_ns_ = 0;
  std::int64_t seen_ns_ = 0;
  double timed_ = 0;  // calls between first and last
};

}  // namespace weir::detect
