#include "detect/anomaly_scale.h"

#include <algorithm>
#include <string>

#include "detect/conduct.h"

namespace weir::detect {
namespace {

constexpr float kBinsABit = 4;
constexpr double kFloorBits = 5;      // less than 1 in 32 is never told
constexpr double kHalvedAt = 20'000;  // scores remembered; older ones fade
constexpr double kTimedMin = 50;      // calls before their times are believed
constexpr double kSpanDaysMax = 14;   // days that calls are counted over; then half of it is forgotten
constexpr double kDayNs = 86'400e9;

struct FamilyFacts {
  std::string_view rule;
  double share = 0;  // of all alerts a day; together 1
};
// First-seen is the commonest by far and the easiest to understand; what is rare has little to tell.
constexpr std::array<FamilyFacts, kAnomalyFamilies> kFamilies = {{{"anomaly.first-seen", 1.0 / 2},
                                                                  {"anomaly.rare", 1.0 / 12},
                                                                  {"anomaly.sequence", 1.0 / 4},
                                                                  {"anomaly.rate", 1.0 / 6}}};

Result<double> number(const Json& json, const char* key, double most) {
  const Json& value = json[key];
  if (!value.is_number() || !(value.as_double() >= 0) || value.as_double() > most)
    return fail("this must be a number that is not negative", std::string("scale, ") + key);
  return value.as_double();
}

Result<std::int64_t> whole(const Json& json, const char* key, std::int64_t most) {
  const std::int64_t value = json[key].int_or(-1);
  if (value < 0 || value > most)
    return fail("this must be a whole number that is not negative", std::string("scale, ") + key);
  return value;
}

}  // namespace

std::string_view rule_of(AnomalyFamily family) {
  return kFamilies[static_cast<std::size_t>(family)].rule;
}

double budget_of(AnomalyFamily family, double alerts_per_day) {
  return kFamilies[static_cast<std::size_t>(family)].share * alerts_per_day;
}

AlertScale::AlertScale(double alerts_per_day) : alerts_per_day_(std::max(alerts_per_day, 1e-3)) {}

double AlertScale::quantile(double share) const {
  double above = 0;
  for (std::size_t bin = kBins; bin-- > 0;) {
    above += static_cast<double>(bins_[bin]);
    if (above > share * total_) return static_cast<double>(bin + 1) / static_cast<double>(kBinsABit);
  }
  return 0;
}

double AlertScale::threshold(double calls_per_day) const {
  return std::max(kFloorBits, quantile(alerts_per_day_ / std::max(calls_per_day, 1.0)));
}

void AlertScale::refill(double days) {
  budget_ = std::min(budget_ + days * alerts_per_day_, std::max(1.0, 2 * alerts_per_day_));
}

bool AlertScale::is_above(double bits, double calls_per_day) const {
  return bits >= kFloorBits && bits >= threshold(calls_per_day);
}

bool AlertScale::tell(double bits, double calls_per_day) {
  if (!is_above(bits, calls_per_day)) return false;
  if (budget_ < 1) {
    ++held_back_;
    return false;
  }
  budget_ -= 1;
  ++told_;
  return true;
}

void AlertScale::learn(double bits) {
  const double place = std::clamp(bits * static_cast<double>(kBinsABit), 0.0, static_cast<double>(kBins - 1));
  bins_[static_cast<std::size_t>(place)] += 1;
  total_ += 1;
  if (total_ < kHalvedAt) return;
  total_ = 0;
  for (float& bin : bins_) {
    bin /= 2;
    total_ += static_cast<double>(bin);
  }
}

Json AlertScale::to_json() const {
  Json bins = Json::array();
  for (const float bin : bins_)
    bins.push(static_cast<double>(bin));
  return Json::object(
      {{"bins", std::move(bins)}, {"budget", budget_}, {"told", told_}, {"held_back", held_back_}});
}

Result<AlertScale> AlertScale::from_json(const Json& json, double alerts_per_day) {
  AlertScale out(alerts_per_day);
  const Json& bins = json["bins"];
  if (!bins.is_array() || bins.as_array().size() != kBins)
    return fail("this must be a list of 256 numbers", "scale, bins");
  for (std::size_t i = 0; i < kBins; ++i) {
    const Json& bin = bins.as_array()[i];
    if (!bin.is_number() || !(bin.as_double() >= 0) || bin.as_double() > 2 * kHalvedAt)
      return fail("this must be a list of 256 numbers up to 40000", "scale, bins");
    out.bins_[i] = static_cast<float>(bin.as_double());
    out.total_ += static_cast<double>(out.bins_[i]);
  }
  TRY(out.budget_, number(json, "budget", 1e6));
  TRY(const std::int64_t told, whole(json, "told", kAnomalyTimesMax));
  TRY(const std::int64_t held, whole(json, "held_back", kAnomalyTimesMax));
  out.told_ = static_cast<std::uint64_t>(told);
  out.held_back_ = static_cast<std::uint64_t>(held);
  return out;
}

double CallsADay::passed(std::int64_t wall_ns, double assumed) {
  if (wall_ns <= 0) return 1 / std::max(assumed, 1.0);
  if (seen_ns_ == 0) seen_ns_ = wall_ns;
  const std::int64_t since_ns = std::max(wall_ns, seen_ns_) - seen_ns_;
  seen_ns_ += since_ns;
  return static_cast<double>(since_ns) / kDayNs;
}

void CallsADay::count(std::int64_t wall_ns) {
  if (wall_ns <= 0) return;
  if (first_ns_ == 0) first_ns_ = last_ns_ = wall_ns;
  last_ns_ = std::max(last_ns_, wall_ns);
  timed_ += 1;
  if (static_cast<double>(last_ns_ - first_ns_) < kSpanDaysMax * kDayNs) return;
  first_ns_ += (last_ns_ - first_ns_) / 2;
  timed_ /= 2;
}

// The calls of less than a day are those of a day: a night follows.
double CallsADay::per_day(double assumed) const {
  if (timed_ < kTimedMin) return assumed;
  return timed_ * kDayNs / std::max(static_cast<double>(last_ns_ - first_ns_), kDayNs);
}

Json CallsADay::to_json() const {
  return Json::object(
      {{"first_ns", first_ns_}, {"last_ns", last_ns_}, {"seen_ns", seen_ns_}, {"timed", timed_}});
}

Result<CallsADay> CallsADay::from_json(const Json& json) {
  constexpr std::int64_t kMost = std::int64_t{9} * 1'000'000'000'000'000'000;
  CallsADay out;
  TRY(out.first_ns_, whole(json, "first_ns", kMost));
  TRY(out.last_ns_, whole(json, "last_ns", kMost));
  TRY(out.seen_ns_, whole(json, "seen_ns", kMost));
  TRY(out.timed_, number(json, "timed", static_cast<double>(kAnomalyTimesMax)));
  if (out.last_ns_ < out.first_ns_) return fail("the last call is before the first", "scale, last_ns");
  return out;
}

}  // namespace weir::detect
