// The account that the egress process leaves, and the policy that it is given: what is read is written the
// same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/egress_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto record = decode_egress_record(bytes)) {
    const auto again = decode_egress_record(encode(*record));
    if (!again || canonical(to_json(*again)) != canonical(to_json(*record))) std::abort();
    if (refusal_lines(*record, 10).size() > 11) std::abort();
  }
  const auto json = weir::parse_json(bytes);
  if (!json) return 0;
  if (const auto policy = egress_policy_from_json(*json)) {
    const auto again = egress_policy_from_json(to_json(*policy));
    if (!again || canonical(to_json(*again)) != canonical(to_json(*policy))) std::abort();
    (void)plan_listeners(*policy);
  }
  return 0;
}
