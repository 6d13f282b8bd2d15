// The two messages of a SOCKS5 client (RFC 1928): no authentication, CONNECT only.
//
//   parse_socks_greeting(bytes) → how many bytes it has and whether it offers "no authentication"
//   parse_socks_request(bytes)  → where to, with a canonical host
//
// Each answers none while more bytes are needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/host_name.h"

namespace weir::gateway {

struct SocksGreeting {
  bool without_authentication = false;
  std::size_t bytes = 0;
};
Result<std::optional<SocksGreeting>> parse_socks_greeting(std::string_view bytes);

// Reply codes of RFC 1928 section 6.
enum class SocksReply : std::uint8_t {
  succeeded = 0,
  failure = 1,
  not_allowed = 2,
  host_unreachable = 4,
  refused = 5,
  command_not_supported = 7,
};

struct SocksRequest {
  Host host;
  std::uint16_t port = 0;
  std::size_t bytes = 0;
  SocksReply refusal = SocksReply::succeeded;  // else what is answered: another command, a host that is none
  std::string problem;                         // in words, for the record
};
// Errors: not SOCKS5. A request that is whole but not to be served has a `refusal`.
Result<std::optional<SocksRequest>> parse_socks_request(std::string_view bytes);

std::string socks_method_answer(bool accepted);
std::string socks_answer(SocksReply reply);  // with 0.0.0.0:0 as the bound address

}  // namespace weir::gateway
