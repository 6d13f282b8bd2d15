// Many expressions over a short text, and what a Regex and a Database tell about an expression.
#include "match/regex_set.h"
#include "match/database.h"

#include <gmock/gmock.h>

namespace weir::match {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RegexSet, TellsExactlyWhichMatch) {
  const std::vector<std::string> expressions = {"ab+c", "x[0-9]y", "\\bword\\b", "[0-9]{3}"};
  const auto set = RegexSet::compile(expressions, {.ignore_case = true});
  ASSERT_TRUE(set) << set.error().message();
  SieveMemory memory;
  const auto matching = [&](std::string_view text) {
    std::vector<std::uint32_t> out;
    set->matching(text, memory, out);
    return out;
  };
  EXPECT_THAT(matching("ABBC and word"), ElementsAre(0u, 2u));
  EXPECT_THAT(matching("sword x1y 123"), ElementsAre(1u, 3u));
  EXPECT_THAT(matching(""), IsEmpty());
}

TEST(RegexSet, HasLinesAndUnicodeFoundByTheExpressionItself) {
  const std::vector<std::string> expressions = {"^b$", "x"};
  const auto lines = RegexSet::compile(expressions, {.multi_line = true});
  SieveMemory memory;
  std::vector<std::uint32_t> out;
  lines->matching("a\nb\nc", memory, out);
  EXPECT_THAT(out, ElementsAre(0u));
  const auto unicode = RegexSet::compile(std::vector<std::string>{"^\xC3\xA4.$"}, {.utf8 = true});
  unicode->matching("\xC3\xA4\xC3\xB6", memory, out);
  EXPECT_THAT(out, ElementsAre(0u));
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
