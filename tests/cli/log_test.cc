// `weir log` on a store with a session.
#include <gmock/gmock.h>

#include <algorithm>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "cli/recorded.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Log : public testing::RecordedTest {};

TEST_F(Log, EventsAreLinesOfTheirOwnAndCountAsSuch) {
  tell_of_a_turned_agent();
  const Ran decisions = run_weir({"log"});
  EXPECT_EQ(decisions.code, exit_code::kFine) << decisions.err;
  EXPECT_EQ(std::count(decisions.out.begin(), decisions.out.end(), '\n'), 3);
  EXPECT_THAT(decisions.out, Not(HasSubstr("  event  ")));
  const Ran all = run_weir({"log", "--events"});
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 9) << all.out;
  EXPECT_THAT(all.out, HasSubstr("  event  prompt  claude-code "));
  EXPECT_THAT(all.out, HasSubstr("  event  tool.call  claude-code WebFetch  https://site.example/notes\n"));
  const Ran last = run_weir({"log", "--events", "--last", "4"});
  EXPECT_EQ(std::count(last.out.begin(), last.out.end(), '\n'), 4) << last.out;
}

}  // namespace
}  // namespace weir::cli
