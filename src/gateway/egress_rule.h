// One destination that a pod may reach, as a value; how it is written: egress_policy.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/host_name.h"

namespace weir::gateway {

struct EgressRule {
  enum class Kind { name, suffix, address, mapped };
  Kind kind = Kind::name;
  Host host;                         // suffix: the part behind "*."
  std::vector<std::uint16_t> ports;  // never empty
  bool any_protocol = false;         // what is neither TLS nor HTTP passes too
  bool private_allowed = false;      // by parse_allow_private
  std::string text;                  // as it was written
};

}  // namespace weir::gateway
