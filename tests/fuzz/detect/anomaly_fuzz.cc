// Any bytes as what was learned: what is read can be written, read again the same, and goes on working.
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "detect/anomaly.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const auto json = parse_json(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  detect::AnomalyDetector detector({.lessons_held = 2});
  if (detector.use_scales(*json)) {
    const std::string written = canonical(detector.scales_json());
    detect::AnomalyDetector again;
    CHECK(again.use_scales(*parse_json(written)) && canonical(again.scales_json()) == written);
  }
  if (auto profile = detect::AnomalyProfile::from_json(*json)) {
    const std::string written = canonical(profile->to_json());
    const auto again = detect::AnomalyProfile::from_json(*parse_json(written));
    CHECK(again.has_value() && canonical(again->to_json()) == written);
    detector.put(*std::move(profile));
  }
  const std::string agent(detector.profiles().empty() ? "a" : detector.profiles()[0]->agent());
  const std::string repository(detector.profiles().empty() ? "r" : detector.profiles()[0]->repository());
  for (int i = 0; i < 6; ++i) {
    detect::Conduct conduct{
        .agent = agent, .repository = repository, .session = "s", .tool = i % 2 ? "x" : "y"};
    conduct.wall_ns = static_cast<std::int64_t>(size) * 1'000'000'000;
    conduct.traits.push_back({detect::TraitKind::host, std::to_string(i)});
    CHECK(detector.observe(conduct).size() <= detect::kAnomalyFamilies);
    detector.note_outcome("s", i == 2);
  }
  detector.settle();
  CHECK(detector.profiles().size() == 1);
  CHECK(detect::AnomalyProfile::from_json(detector.profiles()[0]->to_json()).has_value());
  return 0;
}
