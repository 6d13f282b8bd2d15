// What comes out of a pod before its program starts: any bytes are a report or an Error, and a report keeps
// its meaning when written and read again.
#include <cstdint>
#include <string_view>

#include "pod/pod_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto report = pod::pod_report_from_json(*json);
  if (!report) return 0;
  const Json written = to_json(*report);
  const auto again = pod::pod_report_from_json(written);
  CHECK(again && to_json(*again) == written && again->level() == report->level());
  return 0;
}
