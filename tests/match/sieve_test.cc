// A sieve finds every expression that matches, and little else: cases by hand, then drawn expressions over
// drawn texts with RE2 as the judge.
#include "match/sieve.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "match/drawn.h"
#include "match/regex.h"

namespace weir::match {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::uint32_t> possible(const std::vector<std::string>& expressions, std::string_view text) {
  const Sieve sieve(expressions);
  SieveMemory memory;
  std::vector<std::uint32_t> out;
  sieve.possible(text, memory, out);
  return out;
}

TEST(Sieve, FindsWordsAndPartsInOrder) {
  const std::vector<std::string> expressions = {R"(\bignore\b[^.!?]*\b(?:rules?|instructions?)\b)",
                                                R"(\btask\b)", R"(^begin)", R"(end$)"};
  EXPECT_THAT(possible(expressions, "please IGNORE all the rules"), ElementsAre(0u));
  EXPECT_THAT(possible(expressions, "the rules say: ignore"), IsEmpty()) << "the other way round";
  EXPECT_THAT(possible(expressions, "ignore that. The rules are new"), IsEmpty()) << "two sentences";
  EXPECT_THAT(possible(expressions, "ignored rules, multitask"), IsEmpty()) << "no whole words";
  EXPECT_THAT(possible(expressions, "task"), ElementsAre(1u));
  EXPECT_THAT(possible(expressions, "begin and end"), ElementsAre(2u, 3u));
  EXPECT_THAT(possible(expressions, "no begin, no end."), IsEmpty());
  EXPECT_THAT(possible(expressions, ""), IsEmpty());
}

TEST(Sieve, APartDoesNotStandBehindItself) {
  EXPECT_THAT(possible({R"(\btask\b.*\btask\b)"}, "one task"), IsEmpty());
  EXPECT_THAT(possible({R"(\btask\b.*\btask\b)"}, "task by task"), ElementsAre(0u));
}

TEST(Sieve, WhatCanBeInAPartDoesNotEndTheWaitForIt) {
  EXPECT_THAT(possible({R"(\buse\b[^.]*\ba\.?i\.?)"}, "use an a.i. here"), ElementsAre(0u));
}

TEST(Sieve, WhatItCannotReadOrSaysNothingCanAlwaysMatch) {
  const std::vector<std::string> expressions = {R"(\pL+)", "", "a*", "x", "(?:y|[^z]*)"};
  EXPECT_THAT(possible(expressions, "q"), ElementsAre(0u, 1u, 2u, 4u));
  EXPECT_EQ(Sieve(expressions).unread(), 1u);
}

TEST(Sieve, MemoryServesAnotherSieve) {
  SieveMemory memory;
  std::vector<std::uint32_t> out;
  Sieve(std::vector<std::string>{"ab"}).possible("xab", memory, out);
  EXPECT_THAT(out, ElementsAre(0u));
  Sieve(std::vector<std::string>{"cd", "ab"}).possible("xab", memory, out);
  EXPECT_THAT(out, ElementsAre(1u));
}

TEST(Sieve, MemoryStaysBoundedInOneText) {
  // A state for each way in which the last fifteen bytes can be "a" or not.
  std::string expression = "a";
  for (int i = 0; i < 15; ++i)
    expression += "[ab]";
  const Sieve sieve(std::vector<std::string>{expression + "x", "yx"});
  SieveMemory memory;
  std::mt19937 random(1);
  std::string text;
  std::size_t most = 0;
  std::vector<std::uint32_t> out;
  for (int i = 0; i < 60'000; ++i) {
    text += random() % 2 == 0 ? 'a' : 'b';
    if (i % 10'000 != 0) continue;
    sieve.possible(text + "abbbbbbbbbbbbbbbx", memory, out);
    EXPECT_THAT(out, ElementsAre(0u)) << i;
    sieve.possible(text + "bbbbbbbbbbbbbbbbx", memory, out);
    EXPECT_THAT(out, IsEmpty()) << i;
    EXPECT_LT(memory.states(), 16'400u);
    most = std::max(most, memory.states());
  }
  EXPECT_GT(most, 2'000u) << "the memory was never full";
}

TEST(Sieve, NeverMissesWhatRe2Finds) {
  Drawn drawn(7);
  std::size_t matches = 0;
  std::size_t spared = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> expressions;
    std::vector<Regex> regexes;
    while (expressions.size() < 6) {
      const std::string expression = drawn.expression();
      auto regex = Regex::compile(expression, {.ignore_case = true});
      if (!regex) continue;
      expressions.push_back(expression);
      regexes.push_back(*std::move(regex));
    }
    const Sieve sieve(expressions);
    SieveMemory memory;
    for (int i = 0; i < 30; ++i) {
      const std::string text = drawn.text();
      std::vector<std::uint32_t> out;
      sieve.possible(text, memory, out);
      for (std::uint32_t k = 0; k < regexes.size(); ++k) {
        const bool is_possible = std::find(out.begin(), out.end(), k) != out.end();
        const bool matches_now = regexes[k].contains(text);
        EXPECT_TRUE(is_possible || !matches_now) << expressions[k] << " in " << testing::PrintToString(text);
        matches += matches_now ? 1 : 0;
        spared += is_possible ? 0 : 1;
      }
    }
  }
  EXPECT_GT(matches, 5'000u) << "the drawn texts say nothing";
  EXPECT_GT(spared, 5'000u) << "the sieve lets everything through";
}

}  // namespace
}  // namespace weir::match
