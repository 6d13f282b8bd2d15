#include "facts/formula.h"

#include <gtest/gtest.h>

namespace weir::facts {
namespace {

TEST(Formula, IsItselfAfterItsText) {
  for (const char* text : {
           "file.read",
           "file.read and class = credentials or not net.connect",
           "once[10m](file.read and class = \"ssh-keys\") and net.connect",
           "historically[1h] not verb = \"file.delete\"",
           "previously[2s..1m] kind = prompt",
           "not file.write since[1d] tool in [Bash, \"Read \\\"it\\\\\"]",
           "count[5m](file.delete) >= 10",
           "distinct[1h](host, net.connect and attr.bytes > 100) > 3",
           "sum(attr.bytes, once[30s..] prompt.seen) <= -5",
           "count[1h](net.connect)",
           "resource like \"/etc/*.d/*\" and true",
           "(a = 1 and b = 2) and (c != 3 or d = 4)",
           "not not a = 1",
       }) {
    const auto formula = parse_formula(text, "test");
    ASSERT_TRUE(formula) << text << ": " << formula.error().message();
    const std::string printed = to_text(*formula);
    const auto again = parse_formula(printed, "test");
    ASSERT_TRUE(again) << printed << ": " << again.error().message();
    EXPECT_EQ(*again, *formula) << text << " / " << printed;
  }
}

TEST(Formula, BindsAndStrongerThanOr) {
  EXPECT_EQ(*parse_formula("a = 1 or b = 2 and c = 3", "t"),
            *parse_formula("a = 1 or (b = 2 and c = 3)", "t"));
  EXPECT_EQ(*parse_formula("not a = 1 since b = 2 and c = 3", "t"),
            *parse_formula("((not (a = 1)) since (b = 2)) and c = 3", "t"));
}

TEST(Formula, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "a condition is missing at column 1"},
      {"a", "\"a\" wants a comparison at column 2"},
      {"a = ", "a value is missing at column 5"},
      {"a = 1 b = 2", "something is left over at column 7"},
      {"(a = 1", "a closing parenthesis is missing at column 7"},
      {"once[5] a = 1", "a duration ends in ms, s, m, h or d at column 7"},
      {"once[5m..1m] a = 1", "the interval ends before it begins at column 13"},
      {"count[1m..2m](a = 1) > 1", "a measure looks at the last …, from now on backwards at column 14"},
      {"not count(a = 1)", "a measure must be compared here at column 17"},
      {"count(a = 1) > x", "\"\" is no integer at column 16"},
      {"once[99999999999d] a = 1", "the duration is out of range at column 17"},
      {"a = \"x", "a closing quotation mark is missing at column 7"},
      {"a < word", "\"word\" is no integer at column 9"},
      {"and = 1", "\"and\" is no field at column 4"},
  };
  for (const auto& [text, what] : cases) {
    const auto formula = parse_formula(text, "my.yaml");
    ASSERT_FALSE(formula) << text;
    EXPECT_TRUE(formula.error().what.starts_with(what)) << formula.error().what;
    EXPECT_EQ(formula.error().where, "my.yaml");
  }
}

TEST(Formula, HasALimitOfDepth) {
  std::string deep = "a = 1";
  for (int i = 0; i < 1000; ++i)
    deep = "(" + deep + ")";
  EXPECT_EQ(parse_formula(deep, "t").error().code, ErrorCode::limit);
  std::string nots = "a = 1";
  for (int i = 0; i < 1000; ++i)
    nots = "once " + nots;
  EXPECT_EQ(parse_formula(nots, "t").error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace weir::facts
