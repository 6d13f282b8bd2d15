// The totals of a scan as JSON and back: every member, and nothing from what is no count.
#include "daemon/scan_totals.h"

#include <gtest/gtest.h>

namespace weir::daemon {
namespace {

TEST(ScanTotals, ComeBackAsTheyWere) {
  ScanTotals totals;
  totals.files = 1;
  totals.unknown_files = 2;
  totals.bytes = 3;
  totals.lines = 4;
  totals.bad_lines = 5;
  totals.gaps = 6;
  totals.tool_calls = 7;
  totals.findings = 8;
  totals.repeated_calls = 9;
  totals.texts = {10, 11, 12, 13};
  totals.calls_by_agent = {{"a", 14}};
  totals.sessions_by_agent = {{"b", 15}};
  totals.unknown_types = {{"c", 16}};
  totals.problems = {"d"};
  totals.problems_not_listed = 17;
  const Json json = to_json(totals);
  EXPECT_EQ(compact(json),
            R"({"files":1,"other_files":2,"bytes":3,"lines":4,"bad_lines":5,"gaps":6,"tool_calls":7,)"
            R"("findings":8,"repeated_calls":9,"texts":10,"text_bytes":11,"repeated_texts":12,)"
            R"("repeated_bytes":13,"calls_by_agent":{"a":14},"sessions_by_agent":{"b":15},)"
            R"("unknown_types":{"c":16},"problems":["d"],"problems_not_listed":17})");
  EXPECT_EQ(compact(to_json(totals_from(json))), compact(json));
}

TEST(ScanTotals, WhatIsNoCountIsNone) {
  const auto totals = totals_from(
      parse_json(R"({"files":-3,"lines":"4","calls_by_agent":[1],"unknown_types":{"x":-1},"problems":{}})")
          .value());
  EXPECT_EQ(totals.files, 0u);
  EXPECT_EQ(totals.lines, 0u);
  EXPECT_TRUE(totals.calls_by_agent.empty());
  EXPECT_EQ(totals.unknown_types.at("x"), 0u);
  EXPECT_TRUE(totals.problems.empty());
}

}  // namespace
}  // namespace weir::daemon
