// The one canonical form of a host, made once where it comes in; everything later compares that form.
//
//   canonical_host("API.Example.org.")  →  name "api.example.org"
//   canonical_host("[::ffff:10.0.0.1]") →  address 10.0.0.1
//   canonical_host("0x7f.1")            →  Error: an address in an unusual form
//
// A name is letters, digits, '-' and '_' in labels of 1 to 63 bytes, 253 in all, lower case, one final dot
// taken off. NUL, spaces, '%' and bytes above 127 are refused, not converted: names in other scripts arrive
// in their ASCII form (xn--, RFC 5890), and what looks alike stays different. A name whose last label is a
// number is what the WHATWG URL standard ("ends in a number") calls an address; only four decimal numbers are
// taken as one, so that no other reader sees another address in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/ip_address.h"

namespace weir::gateway {

struct Host {
  std::string text;                  // the name, or the address as RFC 5952 writes it
  std::optional<IpAddress> address;  // none: a name
  bool operator==(const Host&) const = default;
};

// Errors: `invalid` with what is wrong; `where` is the printable text.
Result<Host> canonical_host(std::string_view text);

// "host", "host:port", "[v6]:port", as in HTTP's Host field and CONNECT. An IPv6 address needs brackets.
struct HostPort {
  Host host;
  std::optional<std::uint16_t> port;  // 1 to 65535
};
Result<HostPort> parse_host_port(std::string_view text);

// "1".."65535", decimal digits only.
std::optional<std::uint16_t> parse_port(std::string_view text);

}  // namespace weir::gateway
