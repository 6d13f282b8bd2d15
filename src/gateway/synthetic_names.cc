#include "gateway/synthetic_names.h"

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr std::uint32_t kFirst = (198U << 24) | (18U << 16) | 1U;

}  // namespace

std::optional<IpAddress> SyntheticNames::address_of(std::string_view canonical_name) {
  if (const auto known = index_.find(canonical_name); known != index_.end())
    return IpAddress::v4(kFirst + known->second);
  if (names_.size() >= limits::kSyntheticNamesMax) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(names_.size());
  names_.emplace_back(canonical_name);
  index_.emplace(canonical_name, number);
  return IpAddress::v4(kFirst + number);
}

std::optional<std::string_view> SyntheticNames::name_of(const IpAddress& address) const {
  if (!address.is_v4()) return std::nullopt;
  const std::uint32_t number = address.v4_bits() - kFirst;
  if (number >= names_.size()) return std::nullopt;
  return names_[number];
}

}  // namespace weir::gateway
