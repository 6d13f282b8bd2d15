// What comes out of a pod before its program starts: any bytes are a report or an Error, and what was read
// keeps its bytes when it is written again.
#include <cstdint>
#include <string_view>

#include "pod/pod_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Error error = pod::decode_error(bytes);
  CHECK(pod::encode(pod::decode_error(pod::encode(error))) == pod::encode(error));
  const auto report = pod::decode_report(bytes);
  if (!report) return 0;
  const std::string written = pod::encode(*report);
  const auto again = pod::decode_report(written);
  CHECK(again && pod::encode(*again) == written && again->level() == report->level());
  return 0;
}
