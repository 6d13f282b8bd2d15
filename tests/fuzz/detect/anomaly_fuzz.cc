// Any bytes as a saved state: what is read can be written, read again the same, and goes on working.
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "detect/anomaly.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const auto json = parse_json(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  auto detector = detect::AnomalyDetector::from_json(*json);
  if (!detector) return 0;
  const std::string written = canonical(detector->to_json());
  const auto again = detect::AnomalyDetector::from_json(*parse_json(written));
  CHECK(again.has_value() && canonical(again->to_json()) == written);
  for (int i = 0; i < 4; ++i) {
    detect::Conduct conduct{.agent = "a", .repository = "r", .session = "s", .tool = i % 2 ? "x" : "y"};
    conduct.wall_ns = static_cast<std::int64_t>(size) * 1'000'000'000;
    conduct.traits.push_back({detect::TraitKind::host, std::to_string(i)});
    CHECK(detector->observe(conduct).size() <= 1);
    detector->note_outcome("s", i == 2);
  }
  return 0;
}
