// One question of DNS and its answer (RFC 1035), for a server that knows all its answers.
//
//   TRY(auto query, parse_dns_query(bytes));
//   reply = dns_answer(query, DnsCode::no_error, address, 30);
//
// The answer repeats the question byte for byte, so the case of its letters (0x20) comes back as it was sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/ip_address.h"

namespace weir::gateway {

namespace dns_type {
inline constexpr std::uint16_t kA = 1;
inline constexpr std::uint16_t kAaaa = 28;
}  // namespace dns_type

enum class DnsCode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  no_such_name = 3,
  not_implemented = 4,
  refused = 5
};

struct DnsQuery {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::string question;  // as on the wire: name, type, class
  std::string name;      // labels joined by dots, bytes as sent: may hold anything; "" for the root
  std::uint16_t type = 0;
  bool internet = false;             // class IN
  DnsCode code = DnsCode::no_error;  // else what must be answered: another operation, no single question
};

// Errors: nothing that could be answered (shorter than a header, or itself an answer).
Result<DnsQuery> parse_dns_query(std::string_view bytes);

// With an address: one A record. Without: an empty answer of this code.
std::string dns_answer(const DnsQuery& query, DnsCode code, std::optional<IpAddress> address,
                       std::uint32_t ttl_s);

}  // namespace weir::gateway
