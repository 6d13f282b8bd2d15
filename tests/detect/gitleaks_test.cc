// The format: every key of gitleaks' TOML arrives in the value; what is wrong is named with its place.
#include "detect/gitleaks.h"

#include <gmock/gmock.h>

namespace weir::detect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Gitleaks, ReadsEveryKeyOfARule) {
  const auto rules = parse_gitleaks(R"(
[[rules]]
id = "a"
description = "A"
regex = '''k_([a-z]{4})'''
path = '''\.env$'''
secretGroup = 1
entropy = 2.5
keywords = ["K_", "other"]
tags = ["severity:critical", "verify:jwt", "generic"]
skipReport = true
[rules.allowlist]
regexes = ['''old''']
[[rules.allowlists]]
condition = "AND"
regexTarget = "line"
paths = ['''x''']
stopwords = ["WORD"]
[[rules.required]]
id = "b"
withinLines = 3
)",
                                    "t");
  ASSERT_TRUE(rules) << rules.error().message();
  ASSERT_EQ(rules->rules.size(), 1u);
  const SecretRule& rule = rules->rules[0];
  EXPECT_EQ(rule.id, "a");
  EXPECT_EQ(rule.path, "\\.env$");
  EXPECT_EQ(rule.secret_group, 1u);
  EXPECT_DOUBLE_EQ(rule.entropy, 2.5);
  EXPECT_THAT(rule.keywords, ElementsAre("k_", "other"));
  EXPECT_EQ(rule.tag("severity"), "critical");
  EXPECT_EQ(rule.tag("verify"), "jwt");
  EXPECT_TRUE(rule.is("generic"));
  EXPECT_TRUE(rule.skip_report);
  ASSERT_EQ(rule.allowlists.size(), 2u);
  EXPECT_FALSE(rule.allowlists[0].all);
  EXPECT_TRUE(rule.allowlists[1].all);
  EXPECT_EQ(rule.allowlists[1].target, Allowlist::Target::line);
  EXPECT_THAT(rule.allowlists[1].stopwords, ElementsAre("word"));
  ASSERT_EQ(rule.required.size(), 1u);
  EXPECT_EQ(rule.required[0].within_lines, 3u);
  EXPECT_FALSE(rule.required[0].within_columns);
}

TEST(Gitleaks, ExtendTakesOverAndDisables) {
  const auto from = [](std::string_view path) -> Result<std::string> {
    if (path != "base.toml") return fail(ErrorCode::not_found, "no such file");
    return std::string("[[rules]]\nid='a'\nregex='aa'\nkeywords=['aa']\n[[rules]]\nid='b'\nregex='bb'\n");
  };
  const auto rules = parse_gitleaks(
      "[extend]\npath='base.toml'\ndisabledRules=['b']\n[[rules]]\nid='a'\nentropy=3\nkeywords=['x']\n", "t",
      from);
  ASSERT_TRUE(rules) << rules.error().message();
  ASSERT_EQ(rules->rules.size(), 1u);
  EXPECT_EQ(rules->rules[0].regex, "aa");
  EXPECT_EQ(rules->rules[0].entropy, 3);
  EXPECT_THAT(rules->rules[0].keywords, ElementsAre("aa", "x"));
}

TEST(Gitleaks, NamesWhatIsWrong) {
  const auto message = [](std::string_view toml) {
    const auto rules = parse_gitleaks(toml, "r.toml");
    return rules ? std::string() : rules.error().message();
  };
  EXPECT_THAT(message("[[rules]]\nid='a'\n"), HasSubstr("needs a regex or a path"));
  EXPECT_THAT(message("[[rules]]\nregex='a'\n"), HasSubstr("needs an id"));
  EXPECT_THAT(message("[[rules]]\nid='a'\nregex='a'\nkeywords='k'\n"), HasSubstr("rule a, keywords"));
  EXPECT_THAT(message("[[rules]]\nid='a'\nregex='a'\n[rules.allowlist]\ncondition='XOR'\nregexes=['b']\n"),
              HasSubstr("XOR"));
  EXPECT_THAT(message("[[rules]]\nid='a'\nregex='a'\n[rules.allowlist]\n"),
              HasSubstr("must allow something"));
  EXPECT_THAT(message("[extend]\nuseDefault=true\n"), HasSubstr("not at hand"));
  EXPECT_THAT(message("rules = 3\n"), HasSubstr("must be a list"));
}

}  // namespace
}  // namespace weir::detect
