// The texts of extension values, which stand in policies and in entity data: what is read is written as text
// that reads as the same value, and no arithmetic leaves 64 bits unnoticed. A NUL byte separates two texts.
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cedar/datetime.h"
#include "cedar/decimal.h"
#include "cedar/ipaddr.h"

using namespace weir::cedar;

namespace {

void check_decimal(std::string_view text) {
  if (const auto value = Decimal::parse(text)) CHECK(Decimal::parse(value->text()) == value);
}

void check_addresses(std::string_view first, std::string_view second) {
  const auto address = IpAddr::parse(first);
  if (!address) return;
  CHECK(IpAddr::parse(address->text()) == address);
  CHECK(address->in_range(*address));
  CHECK(address->prefix_bits <= (address->is_v6 ? 128 : 32));
  CHECK(!address->is_loopback() || !address->is_multicast());
  const auto range = IpAddr::parse(second);
  if (!range) return;
  if (address->in_range(*range))
    CHECK(address->is_v6 == range->is_v6 && address->prefix_bits >= range->prefix_bits);
}

void check_times(std::string_view first, std::string_view second) {
  const auto length = Duration::parse(second);
  if (length) CHECK(Duration::parse(length->text()) == length);
  const auto moment = Datetime::parse(first);
  if (!moment) return;
  (void)moment->text();
  const auto day = moment->to_date();
  CHECK(day && *day <= *moment && day->offset(moment->to_time()) == moment);
  if (!length) return;
  if (const auto later = moment->offset(*length)) CHECK(later->duration_since(*moment) == length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), size);
  const std::string_view first = text.substr(0, cut);
  const std::string_view second = cut < size ? text.substr(cut + 1) : first;
  check_decimal(first);
  check_addresses(first, second);
  check_times(first, second);
  return 0;
}
