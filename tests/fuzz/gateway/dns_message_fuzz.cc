// A datagram at the pod's name server: answers repeat the question and never grow beyond a record; a name
// that is not allowed never has an address.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/dns_message.h"
#include "gateway/egress_dns.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto query = parse_dns_query(bytes)) {
    if (query->question.size() > size || query->name.size() > 255) std::abort();
    const std::string answer = dns_answer(*query, DnsCode::no_error, IpAddress::v4(1), 30);
    if (answer.size() != 12 + query->question.size() + 16) std::abort();
  }
  EgressPolicy policy;
  policy.rules.push_back(parse_allow("*.example.org").value());
  SyntheticNames names;
  EgressDns dns(policy, names, [](const EgressEvent&) {});
  (void)dns.answer(bytes);
  if (const auto name = names.name_of(IpAddress::parse("198.18.0.1").value()))
    if (!name->ends_with(".example.org")) std::abort();
  return 0;
}
