#include <gtest/gtest.h>

#include "guard/shell_actions.h"
#include "guard/support.h"

namespace weir::guard {
namespace {

using testing::shipped_pack;

// Whatever was read before, a reading is that of its own line in its own place.
TEST(ShellReadings, AreThoseOfTheLineAndThePlace) {
  const auto& table = shipped_pack()->commands();
  const ShellPlace here{"/workspace", "/home/ann", "/workspace"};
  const ShellPlace there{"/srv", "/home/ann", "/workspace"};
  ShellReadings readings;
  for (int round = 0; round < 3; ++round)
    for (const ShellPlace& place : {here, there})
      for (int i = 0; i < 20; ++i) {  // more than are kept
        const std::string line = "rm -rf build" + std::to_string(i) + " && ./run.sh";
        const ShellReading kept = readings.read(line, place, table, "claude-code");
        const ShellReading fresh = read_shell(line, place, table, "claude-code");
        ASSERT_EQ(kept.actions, fresh.actions) << line << " in " << place.cwd;
        ASSERT_EQ(kept.scripts, fresh.scripts);
        ASSERT_FALSE(kept.actions.empty());
      }
}

}  // namespace
}  // namespace weir::guard
