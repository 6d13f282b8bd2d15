// Envelopes, Decisions and Receipts read back from disk: what is accepted keeps its meaning when written and
// read again.
#include <cstdint>
#include <string_view>

#include "event/decision.h"
#include "event/event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const auto json = parse_json({reinterpret_cast<const char*>(data), size}, {.bytes_max = limits::kMiB});
  if (!json) return 0;
  if (const auto event = event::event_from_envelope(*json)) {
    const Json written = event::envelope_json(*event);
    const auto again = event::event_from_envelope(written);
    CHECK(again && canonical(event::envelope_json(*again)) == canonical(written));
  }
  if (const auto decision = event::decision_from_json(*json)) {
    const Json written = event::to_json(*decision);
    const auto again = event::decision_from_json(written);
    CHECK(again && again->verdict == decision->verdict && again->id == decision->id);
  }
  if (const auto receipt = event::receipt_from_json(*json)) (void)canonical(event::to_json(*receipt));
  return 0;
}
