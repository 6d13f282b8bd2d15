#include "detect/anomaly_rates.h"

#include <algorithm>
#include <cmath>

namespace weir::detect {
namespace {

constexpr std::int64_t kCallsMax = 1'000'000;  // of one minute

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void MinuteRates::add(std::uint32_t calls) {
  const auto counted = std::min(calls, static_cast<std::uint32_t>(kCallsMax));
  if (kept_.size() < kKept)
    kept_.push_back(counted);
  else
    kept_[next_] = counted;
  next_ = (next_ + 1) % kKept;
  weigh();
}

// Once a minute instead of at every call.
void MinuteRates::weigh() {
  usual_.minutes = kept_.size();
  std::vector<double> values(kept_.begin(), kept_.end());
  usual_.median = median_of(values);
  for (double& value : values)
    value = std::abs(value - usual_.median);
  constexpr double kNormal = 1.4826;  // makes the MAD of a normal distribution its standard deviation
  usual_.spread = std::max(1.0, kNormal * median_of(std::move(values)));
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
    if (one.int_or(-1) < 0 || one.int_or(-1) > kCallsMax)
      return fail("a rate must be a whole number up to a million", "rates");
    out.kept_.push_back(static_cast<std::uint32_t>(one.as_int()));
  }
  out.next_ = out.kept_.size() % kKept;
  out.weigh();
  return out;
}

}  // namespace weir::detect
