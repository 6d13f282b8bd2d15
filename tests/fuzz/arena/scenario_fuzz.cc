// Scenario files from anyone: any bytes are a scenario or an Error. What is taken can be judged: it has
// steps, no path climbs out, every step has one effect; and a part read back from its JSON is the same.
#include "arena/scenario.h"

#include <cstdint>

#include "arena/agent.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto scenario = arena::parse_scenario(text, "fuzz.yaml")) {
    CHECK(!scenario->steps.empty());
    for (const auto& [path, content] : scenario->project)
      CHECK(!path.starts_with('/') && path != ".." && !path.starts_with("../"));
    for (const auto& step : scenario->steps) {
      const auto& effect = step.effect;
      CHECK(!step.tool.empty());
      CHECK(!effect.ran.empty() + !effect.received.empty() + !effect.file.empty() == 1);
    }
  }
  if (const auto json = parse_json(text))
    if (const auto part = arena::part_from_json(*json)) {
      const auto again = arena::part_from_json(arena::to_json(*part));
      CHECK(again && canonical(arena::to_json(*again)) == canonical(arena::to_json(*part)));
    }
  return 0;
}
