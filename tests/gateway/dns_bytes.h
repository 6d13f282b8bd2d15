// Questions of DNS as bytes, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace weir::gateway {

inline std::string dns_header() {
  return std::string("\x12\x34\x01\0\0\x01\0\0\0\0\0\0", 12);
}

inline std::string dns_query(std::string_view name, std::uint16_t type) {
  std::string out = dns_header();
  for (const auto label : split(name, '.'))
    out += static_cast<char>(label.size()) + std::string(label);
  return out + std::string("\0\0", 2) + static_cast<char>(type) + std::string("\0\x01", 2);
}

}  // namespace weir::gateway
