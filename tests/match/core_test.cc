// Expressions as trees, and their cores: wherever an expression matches, its core matches inside that match.
#include "match/core.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "match/expression.h"
#include "match/regex.h"

namespace weir::match {
namespace {

TEST(Expression, ReadsWhatItSays) {
  const auto tree = parse_expression("(?i)ab|[^0-9]{2,4}?");
  ASSERT_TRUE(tree) << tree.error().message();
  ASSERT_EQ(tree->kind, Expression::Kind::choice);
  ASSERT_EQ(tree->children.size(), 2u);
  EXPECT_TRUE(tree->children[0].children[0].set.test('A'));
  const Expression& repeat = tree->children[1].children[0];
  EXPECT_EQ(repeat.min, 2u);
  EXPECT_EQ(repeat.max, 4u);
  EXPECT_FALSE(repeat.children[0].set.test('5'));
  EXPECT_TRUE(repeat.children[0].set.test(0xFF));
}

TEST(Expression, RefusesWhatItDoesNotRead) {
  for (const char* text : {"(", ")", "a)", "[a", "\\pL", "(?=a)", "(?m)a", "*a", "a{2000}", "\\1",
                           "[[:alpha:]]", "a{3,2}", "[z-a]", "\\"})
    EXPECT_FALSE(parse_expression(text)) << text;
  EXPECT_FALSE(parse_expression(std::string(500, '(') + "a" + std::string(500, ')')));
  EXPECT_FALSE(parse_expression(std::string(100'000, 'a')));
  EXPECT_TRUE(parse_expression("a{x}"));  // no repeat: literal braces
}

TEST(Core, StandsInEveryMatch) {
  struct Case {
    const char* expression;
    std::vector<const char*> matching;
  };
  const Case cases[] = {
      {R"(\b(gh[pousr]_[A-Za-z0-9]{36})(?:[^A-Za-z0-9]|$))", {"x ghp_aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3"}},
      {R"((?i)(?:^|[^a-z])[\w.-]{0,40}?(?:token|key)['"]{0,2}\s{0,3}(?:=|:=)\s{0,3}([^\s'"]{10,150}))",
       {"MY_TOKEN\t:=  abcdefghij", "key=0123456789", "\n'my.key'' = 0123456789"}},
      {R"(\b([a-f0-9]{32}-us[0-9]{1,2}))", {"0123456789abcdef0123456789abcdef-us12"}},
      {R"((?i)\b(?:https?|ftp)://[^\s:/@]{1,100}:([^\s/@]{1,200})@\w)", {"see HTTPS://me:secret@host"}},
      {R"(-----BEGIN[ A-Z]{0,60}KEY-----[\x00-\xff]{32,}?-----END)",
       {"-----BEGIN RSA KEY-----0123456789012345678901234567890123456789-----END"}},
      {R"(xa(?:bc|de.*)?fgh[0-9]+)", {"xabcfgh1", "xafgh22", "xade---fgh3"}},
  };
  for (const auto& one : cases) {
    const auto core = core_of(one.expression);
    ASSERT_TRUE(core) << one.expression;
    const auto whole = Regex::compile(one.expression);
    const auto part = Regex::compile(*core);
    ASSERT_TRUE(part) << *core;
    for (const char* text : one.matching) {
      const auto found = whole->find(text);
      ASSERT_TRUE(found) << one.expression << " in " << text;
      EXPECT_TRUE(part->find_in(text, found->begin, found->end)) << *core << " in " << text;
    }
  }
}

TEST(Core, CutsLongRepeatsAndDropsOpenBegins) {
  EXPECT_EQ(*core_of("[a-z]*ab[0-9]{100}"), "\\x61\\x62[\\x30-\\x39]{12}");
  EXPECT_EQ(*core_of("ab.*cd"), "\\x61\\x62");
  EXPECT_EQ(*core_of("\\bab"), "\\b\\x61\\x62");
}

TEST(Core, NeedsLiterals) {
  for (const char* text : {"[a-z]{20}", "a[0-9]{3}b", ".*", "", "(?:abc|[0-9]{4})x", "\\pL+abc"})
    EXPECT_FALSE(core_of(text)) << text;
}

}  // namespace
}  // namespace weir::match
