// What a tree tells of all texts that its expression matches, with RE2 as the judge.
#include "match/expression.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "match/drawn.h"
#include "match/regex.h"

namespace weir::match {
namespace {

std::optional<std::size_t> longest(std::string_view expression) {
  return longest_text(*parse_expression(expression));
}

bool holds(std::string_view expression, std::vector<std::string> words) {
  return always_holds_one_of(*parse_expression(expression), words);
}

TEST(Expression, LongestText) {
  EXPECT_EQ(longest(""), 0u);
  EXPECT_EQ(longest(R"(\bab{2,5}(?:c|def)?$)"), 9u);
  EXPECT_EQ(longest("ab*"), std::nullopt);
  EXPECT_EQ(longest("(?:^|$)*a"), 1u) << "nothing, however often";
  EXPECT_EQ(longest("(?:(?:(?:(?:a{1000}){1000}){1000}){1000}){1000}"), std::nullopt);
}

TEST(Expression, WordsThatEveryTextHolds) {
  EXPECT_TRUE(holds("(?i)(?:API|app)_?key=[a-z]+", {"key"}));
  EXPECT_TRUE(holds("(?:sk|pk)_live_[a-z]{9}", {"sk_live", "pk_live"})) << "words over alternatives";
  EXPECT_FALSE(holds("(?:sk|pk)_live_[a-z]{9}", {"sk_live"}));
  EXPECT_TRUE(holds("(?:token|[a-z]{4}secret)", {"token", "secret"}));
  EXPECT_TRUE(holds("(?:key,?)+", {"key"}));
  EXPECT_FALSE(holds("(?:key)*", {"key"}));
  EXPECT_TRUE(holds("k[eE]y|KEY", {"key"}));
  EXPECT_TRUE(holds("(?:ab){2}", {"baba", "abab"}));
  EXPECT_FALSE(holds("[a-z]{3}", {"key"}));
  EXPECT_FALSE(holds("a.c", {"abc"}));
  EXPECT_FALSE(holds("abc", {}));
}

TEST(Expression, NothingIsToldThatRe2ProvesWrong) {
  const std::vector<std::string> words = {"ab", "_", "ca"};
  Drawn drawn(3);
  std::size_t told = 0;
  std::size_t bounded = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string expression = drawn.expression();
    const auto tree = parse_expression("(?i)" + expression);
    const auto regex = Regex::compile(expression, {.ignore_case = true});
    if (!tree || !regex) continue;
    const auto most = longest_text(*tree);
    const bool always = always_holds_one_of(*tree, words);
    for (int i = 0; i < 20; ++i) {
      const std::string text = drawn.text();
      const auto match = regex->find(text);
      if (!match) continue;
      const std::string found = to_lower_ascii(text.substr(match->begin, match->size()));
      const auto in_it = [&](const auto& word) { return found.find(word) != std::string::npos; };
      EXPECT_TRUE(!most || found.size() <= *most) << expression << " matches " << found;
      EXPECT_TRUE(!always || std::any_of(words.begin(), words.end(), in_it))
          << expression << " matches " << found;
      told += always ? 1 : 0;
      bounded += most ? 1 : 0;
    }
  }
  EXPECT_GT(told, 100u);
  EXPECT_GT(bounded, 1000u);
}

}  // namespace
}  // namespace weir::match
