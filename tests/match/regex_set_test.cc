// Many expressions over a short text, and what a Regex and a Database tell about an expression.
#include "match/regex_set.h"

#include <gmock/gmock.h>

namespace weir::match {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RegexSet, TellsExactlyWhichMatch) {
  const std::vector<std::string> expressions = {"ab+c", "x[0-9]y", "\\bword\\b", "[0-9]{3}"};
  const auto set = RegexSet::compile(expressions, {.ignore_case = true});
  ASSERT_TRUE(set) << set.error().message();
  Scratch scratch;
  EXPECT_THAT(*set->matching("ABBC and word", scratch), ElementsAre(0u, 2u));
  EXPECT_THAT(*set->matching("sword x1y 123", scratch), ElementsAre(1u, 3u));
  EXPECT_THAT(*set->matching("", scratch), IsEmpty());
  // What can match is a superset; an expression without strings of its own always can.
  EXPECT_THAT(*set->possible("abc", scratch), testing::IsSupersetOf({0u, 3u}));
}

TEST(RegexSet, NamesABadExpression) {
  const auto set = RegexSet::compile(std::vector<std::string>{"fine", "(?=x)"});
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().where, "(?=x)");
}

TEST(Regex, FindsInsideAPartAndSeesWhatFollows) {
  const auto word = Regex::compile("cat\\b");
  EXPECT_FALSE(word->find_in("cats", 0, 3));
  EXPECT_TRUE(word->find_in("cat s", 0, 3));
  EXPECT_FALSE(word->find_in("a cat", 0, 4));
  EXPECT_FALSE(Regex::compile("a$")->find_in("ab", 0, 1));
}

TEST(Regex, KnowsWhichWordsItNeeds) {
  const std::vector<std::string> words = {"key", "token"};
  EXPECT_TRUE(Regex::compile("(?i)(?:api_key|token)=[a-z]+")->requires_one_of(words));
  EXPECT_FALSE(Regex::compile("(?:key|pass)=[a-z]+")->requires_one_of(words));
  EXPECT_FALSE(Regex::compile("[a-z]{8}")->requires_one_of(words));
}

TEST(Pattern, LongestMatch) {
  EXPECT_EQ(longest_match({.text = "ab{2,5}c"}), 7u);
  EXPECT_EQ(longest_match({.text = "abc", .literal = true}), 3u);
  EXPECT_EQ(longest_match({.text = "ab*"}), std::nullopt);
  EXPECT_EQ(longest_match({.text = "("}), std::nullopt);
}

}  // namespace
}  // namespace weir::match
