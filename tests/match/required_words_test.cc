// Words of which every match of an expression holds one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "match/regex.h"

namespace weir::match {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> words(std::string_view expression, RegexOptions options = {}) {
  return Regex::compile(expression, options)->required_words(3);
}

TEST(RequiredWords, AreOneForEachWayToMatch) {
  EXPECT_THAT(words(R"(\b(curl|wget)\b.*\|\s*sh\b)"), UnorderedElementsAre("curl", "wget"));
  EXPECT_THAT(words(R"(\bnsenter\b[^;]*-t\s*1|/proc/1/root\b)"),
              UnorderedElementsAre("nsenter", "/proc/1/root"));
}

TEST(RequiredWords, OfSeveralThatMustAllBeThereTheLongestIsEnough) {
  EXPECT_THAT(words("docker.*--privileged"), ElementsAre("--privileged"));
  EXPECT_THAT(words("(abc|abcd).*longer_than_these"), ElementsAre("longer_than_these"));
}

TEST(RequiredWords, AreLowerCaseWhateverTheExpressionSays) {
  EXPECT_THAT(words("DROP TABLE"), ElementsAre("drop table"));
  EXPECT_THAT(words("drop", {.ignore_case = true}), ElementsAre("drop"));
}

TEST(RequiredWords, ThereAreNoneWhereAMatchMayHoldNothingLongEnough) {
  for (const auto* expression :
       {"", "a*", R"(\b(id|whoami)\b)", "(abc)?", "[a-z]{10}", "ab|abcdef", "(?:)|abc"})
    EXPECT_THAT(words(expression), IsEmpty()) << expression;
  // Bytes beyond ASCII are not looked for by letter.
  EXPECT_THAT(words("stra\xC3\x9F"
                    "e"),
              IsEmpty());
}

}  // namespace
}  // namespace weir::match
