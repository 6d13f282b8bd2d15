// Made streams of calls for the tests of the anomaly detector.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "detect/anomaly.h"

namespace weir::detect {

inline constexpr std::int64_t kSecondNs = 1'000'000'000;

inline Conduct call(std::string tool, std::vector<Trait> traits = {}, std::int64_t wall_ns = 0) {
  Conduct out{
      .agent = "claude-code", .repository = "/shop", .session = "s", .tool = tool, .wall_ns = wall_ns};
  out.traits = std::move(traits);
  out.traits.push_back({TraitKind::tool, std::move(tool)});
  return out;
}

// Edit, test, edit, test ...: what a session of work looks like, seeded.
inline Conduct ordinary(std::mt19937& random, std::size_t i, std::int64_t wall_ns = 0) {
  static constexpr const char* kPrograms[] = {"git", "npm", "ls", "cat", "node"};
  if (i % 2 == 0) return call("Edit", {}, wall_ns);
  return call("Bash", {{TraitKind::program, kPrograms[random() % std::size(kPrograms)]}}, wall_ns);
}

// One that has seen so many ordinary calls.
inline AnomalyDetector practised(std::size_t calls, const AnomalyConfig& config = {}) {
  AnomalyDetector detector(config);
  std::mt19937 random(1);
  for (std::size_t i = 0; i < calls; ++i)
    detector.observe(ordinary(random, i));
  return detector;
}

}  // namespace weir::detect
