// Addresses that stand for names inside a pod: DNS answers one, a connection to it says which name was meant.
//
//   SyntheticNames names;
//   auto address = names.address_of("api.example.org");   // 198.18.0.1, the same every time
//   names.name_of(*address) == "api.example.org"
//
// From 198.18.0.0/15 (RFC 2544, benchmarks), which no host on the internet has. Good for one run only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ip_address.h"

namespace weir::gateway {

class SyntheticNames {
 public:
  // None once kSyntheticNamesMax names have an address: none is taken back, so that no address changes its
  // name.
  std::optional<IpAddress> address_of(std::string_view canonical_name);
  // None: not one of ours. Valid until the next address_of().
  std::optional<std::string_view> name_of(const IpAddress& address) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::uint32_t, std::less<>> index_;
};

}  // namespace weir::gateway
