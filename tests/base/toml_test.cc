#include "base/toml.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace weir {
namespace {

TEST(Toml, BecomesJson) {
  const auto value = parse_toml(R"(
title = "x"
n = 9223372036854775807
on = true
list = ["a", 'b\d']
when = 2024-01-02
[[rules]]
id = "one"
regex = '''a'b'''
[[rules]]
id = "two"
[rules.allow]
paths = []
)",
                                "rules.toml");
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(compact(*value),
            R"({"list":["a","b\\d"],"n":9223372036854775807,"on":true,"rules":[{"id":"one","regex":"a'b"},)"
            R"({"allow":{"paths":[]},"id":"two"}],"title":"x","when":"2024-01-02"})");
}

TEST(Toml, NamesFileAndLineOfAMistake) {
  const auto value = parse_toml("a = 1\nb = = 2\n", "rules.toml");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().where, "rules.toml:2");
}

// Found by fuzzing: the reader asserted that a key follows.
TEST(Toml, ATableWithoutANameIsAnErrorInEveryBuild) {
  for (const auto* bad : {"[#a]\n", "[[#a]]\n", "[.a]\n", "[=]\n", "[\x01]\n", "a.#b = 1\n", "[a.#b]\n"})
    EXPECT_FALSE(parse_toml(bad, "rules.toml")) << bad;
}

TEST(Toml, LettersOutsideOfTextsAreNoBlanks) {
  EXPECT_FALSE(parse_toml("a = \u0101\n", "rules.toml"));
  EXPECT_FALSE(parse_toml("\u0279 = 1\n", "rules.toml"));
  EXPECT_FALSE(parse_toml("d = 19\u027f-05-37T07:32:00\n", "rules.toml"));
  EXPECT_TRUE(parse_toml("a = '\u0101' # \u0279\n", "rules.toml"));
}

TEST(Toml, RefusesWhatIsTooDeepOrTooLarge) {
  const std::string deep = "a = " + std::string(400, '[') + std::string(400, ']');
  EXPECT_FALSE(parse_toml(deep, "deep.toml"));
  EXPECT_EQ(parse_toml(std::string(limits::kYamlBytesMax + 1, '#'), "big.toml").error().code,
            ErrorCode::limit);
}

}  // namespace
}  // namespace weir
