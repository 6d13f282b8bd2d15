// What comes through the pipe from a child that is about to become an agent: any bytes are a report or an
// Error, and a report keeps its meaning when written and read again.
#include <cstdint>
#include <string_view>

#include "pod/shield.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto report = pod::shield_report_from_json(*json);
  if (!report) return 0;
  const Json written = to_json(*report);
  const auto again = pod::shield_report_from_json(written);
  CHECK(again && to_json(*again) == written && again->complete() == report->complete());
  for (const auto& step : report->steps)
    CHECK(report->find(step.name) != nullptr);
  return 0;
}
