#include "match/regex.h"

#include <gtest/gtest.h>

namespace weir::match {
namespace {

TEST(Regex, FindsTheLeftmostMatchAndItsGroups) {
  const auto regex = Regex::compile("(k[a-z]+)=(?:'([^']*)'|(\\w+))");
  ASSERT_TRUE(regex);
  const std::string_view text = "x key='v 1' kilo=two";
  const auto first = regex->find(text);
  ASSERT_TRUE(first);
  EXPECT_EQ(text.substr(first->begin, first->size()), "key='v 1'");
  EXPECT_EQ(first->group(1), "key");
  EXPECT_EQ(first->group(2), "v 1");
  EXPECT_FALSE(first->groups[2]);
  EXPECT_EQ(first->group(3), "");
  EXPECT_EQ(first->group(9), "");
  const auto second = regex->find(text, first->end);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->group(3), "two");
  EXPECT_FALSE(regex->find(text, second->end));
  EXPECT_FALSE(regex->find(text, 1000));
}

TEST(Regex, SeesTheWholeTextFromAnyPlace) {
  const auto regex = Regex::compile("\\bone");
  ASSERT_TRUE(regex);
  EXPECT_FALSE(regex->find("someone", 4));
  EXPECT_TRUE(regex->find("some one", 5));
}

TEST(Regex, HasOptions) {
  EXPECT_TRUE(Regex::compile("abc", {.ignore_case = true})->contains("xABCx"));
  EXPECT_TRUE(Regex::compile("a.b", {.dot_all = true})->contains("a\nb"));
  EXPECT_FALSE(Regex::compile("a.b")->contains("a\nb"));
  EXPECT_TRUE(Regex::compile("^b$", {.multi_line = true})->contains("a\nb\nc"));
  EXPECT_TRUE(Regex::compile("a|ab")->matches_all("ab"));
  EXPECT_FALSE(Regex::compile("a")->matches_all("ab"));
}

TEST(Regex, NamesWhatItCannotCompile) {
  for (const char* bad : {"(", "a(?=b)", "(a)\\1", "x{2,1}"}) {
    const auto regex = Regex::compile(bad);
    ASSERT_FALSE(regex) << bad;
    EXPECT_EQ(regex.error().code, ErrorCode::invalid);
    EXPECT_EQ(regex.error().where, bad);
  }
  EXPECT_EQ(Regex::compile(std::string(100'000, 'a')).error().code, ErrorCode::limit);
  EXPECT_FALSE(Regex::compile("((a{1000}){1000}){1000}"));  // more than its memory
}

TEST(Regex, TakesTimeLinearInTheText) {
  const auto regex = Regex::compile("(a+)+$");
  ASSERT_TRUE(regex);
  EXPECT_FALSE(regex->contains(std::string(1 << 20, 'a') + "b"));
}

TEST(Regex, KnowsItsNamedGroups) {
  const auto regex = Regex::compile("(x)(?P<secret>y)");
  ASSERT_TRUE(regex);
  EXPECT_EQ(regex->groups(), 2U);
  EXPECT_EQ(regex->group_named("secret"), 2U);
  EXPECT_EQ(regex->group_named("other"), 0U);
}

}  // namespace
}  // namespace weir::match
