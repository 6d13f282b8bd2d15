#include "detect/anomaly_scale.h"

#include <algorithm>
#include <cmath>

#include "detect/conduct.h"

namespace weir::detect {
namespace {

constexpr double kBinsABit = 4;
constexpr double kFloorBits = 5;         // less than 1 in 32 is never told
constexpr double kHalvedAt = 20'000;     // scores remembered; older ones fade
constexpr std::uint64_t kTimedMin = 50;  // calls before their times are believed
constexpr double kDayNs = 86'400e9;
constexpr double kHourNs = 3'600e9;

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Result<double> number(const Json& json, const char* key, double most) {
  const Json& value = json[key];
  if (!value.is_number() || !(value.as_double() >= 0) || value.as_double() > most)
    return fail("this must be a number that is not negative", std::string("scale, ") + key);
  return value.as_double();
}

}  // namespace

// A first surprise may be told at once; never more than two days' worth in a row.
AlertScale::AlertScale(double alerts_per_day) : alerts_per_day_(std::max(alerts_per_day, 1e-3)), budget_(1) {}

double AlertScale::quantile(double share) const {
  double above = 0;
  for (std::size_t bin = kBins; bin-- > 0;) {
    above += bins_[bin];
    if (above > share * total_) return static_cast<double>(bin + 1) / kBinsABit;
  }
  return 0;
}

void AlertScale::learn(double bits) {
  const double place = std::clamp(bits * kBinsABit, 0.0, static_cast<double>(kBins - 1));
  bins_[static_cast<std::size_t>(place)] += 1;
  total_ += 1;
  if (total_ < kHalvedAt) return;
  for (double& bin : bins_)
    bin /= 2;
  total_ /= 2;
}

bool AlertScale::tell(double bits, bool may_tell, std::int64_t wall_ns, double calls_per_day_assumed) {
  // Days are counted in days on which something happened: nights do not save up alerts.
  double passed = 1 / std::max(calls_per_day_assumed, 1.0);
  calls_per_day_ = calls_per_day_assumed;
  if (wall_ns > 0) {
    if (first_ns_ == 0) first_ns_ = last_ns_ = wall_ns;
    passed = static_cast<double>(std::max(wall_ns, last_ns_) - last_ns_) / kDayNs;
    last_ns_ = std::max(last_ns_, wall_ns);
    ++timed_;
    const double span = std::max(static_cast<double>(last_ns_ - first_ns_), kHourNs);
    if (timed_ >= kTimedMin) calls_per_day_ = static_cast<double>(timed_) * kDayNs / std::max(span, kDayNs);
  }
  budget_ = std::min(budget_ + passed * alerts_per_day_, std::max(1.0, 2 * alerts_per_day_));
  threshold_ = std::max(kFloorBits, quantile(alerts_per_day_ / std::max(calls_per_day_, 1.0)));
  const bool above = may_tell && bits >= threshold_;
  if (may_tell) learn(bits);
  if (!above) return false;
  if (budget_ < 1) {
    ++held_back_;
    return false;
  }
  budget_ -= 1;
  ++told_;
  return true;
}

Json AlertScale::to_json() const {
  Json bins = Json::array();
  for (const double bin : bins_)
    bins.push(bin);
  return Json::object({{"bins", std::move(bins)},
                       {"budget", budget_},
                       {"first_ns", first_ns_},
                       {"last_ns", last_ns_},
                       {"timed", timed_},
                       {"told", told_},
                       {"held_back", held_back_}});
}

Result<AlertScale> AlertScale::from_json(const Json& json, double alerts_per_day) {
  AlertScale out(alerts_per_day);
  const Json& bins = json["bins"];
  if (!bins.is_array() || bins.as_array().size() != kBins)
    return fail("this must be a list of 256 numbers", "scale, bins");
  for (std::size_t i = 0; i < kBins; ++i) {
    const Json& bin = bins.as_array()[i];
    if (!bin.is_number() || !(bin.as_double() >= 0) || bin.as_double() > 2 * kHalvedAt)
      return fail("this must be a list of 256 numbers", "scale, bins");
    out.bins_[i] = bin.as_double();
    out.total_ += out.bins_[i];
  }
  constexpr double kMost = 9e18;
  TRY(out.budget_, number(json, "budget", 1e6));
  TRY(const double first, number(json, "first_ns", kMost));
  TRY(const double last, number(json, "last_ns", kMost));
  TRY(const double timed, number(json, "timed", static_cast<double>(kAnomalyTimesMax)));
  TRY(const double told, number(json, "told", static_cast<double>(kAnomalyTimesMax)));
  TRY(const double held, number(json, "held_back", static_cast<double>(kAnomalyTimesMax)));
  out.first_ns_ = static_cast<std::int64_t>(first);
  out.last_ns_ = std::max(static_cast<std::int64_t>(last), out.first_ns_);
  out.timed_ = static_cast<std::uint64_t>(timed);
  out.told_ = static_cast<std::uint64_t>(told);
  out.held_back_ = static_cast<std::uint64_t>(held);
  return out;
}

void MinuteRates::add(std::uint32_t calls) {
  if (kept_.size() < kKept)
    kept_.push_back(calls);
  else
    kept_[next_] = calls;
  next_ = (next_ + 1) % kKept;
}

MinuteRates::Against MinuteRates::usual() const {
  Against out{.minutes = kept_.size()};
  std::vector<double> values(kept_.begin(), kept_.end());
  out.median = median_of(values);
  for (double& value : values)
    value = std::abs(value - out.median);
  constexpr double kNormal = 1.4826;  // makes the MAD of a normal distribution its standard deviation
  out.spread = std::max(1.0, kNormal * median_of(std::move(values)));
  return out;
}

Json MinuteRates::to_json() const {
  Json out = Json::array();
  for (std::size_t i = 0; i < kept_.size(); ++i)
    out.push(static_cast<std::uint64_t>(kept_[kept_.size() < kKept ? i : (next_ + i) % kKept]));
  return out;
}

Result<MinuteRates> MinuteRates::from_json(const Json& json) {
  if (!json.is_array() || json.as_array().size() > kKept)
    return fail("the rates must be a list of at most 256 counts", "rates");
  MinuteRates out;
  for (const Json& one : json.as_array()) {
    if (one.int_or(-1) < 0 || one.int_or(-1) > 1'000'000)
      return fail("a rate must be a whole number up to a million", "rates");
    out.add(static_cast<std::uint32_t>(one.as_int()));
  }
  return out;
}

}  // namespace weir::detect
