// Several mistakes in one pass, each with its place, a picture and help.
#include "cedar/check_parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cedar/diagnostic.h"
#include "cedar/parser.h"

namespace weir::cedar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> places(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& mistake : check_policies(text))
    out.push_back(mistake.error.where);
  return out;
}

constexpr std::string_view kGood = "permit(principal, action, resource);\n";

TEST(CheckParse, GoesOnAtTheNextPolicy) {
  EXPECT_THAT(places(kGood), ElementsAre());
  EXPECT_THAT(
      places("permt(principal, action, resource);\npermit(principal, action, resource) when { 1 + };\n"
             "permit(principal, acton, resource);"),
      ElementsAre("1:1", "2:48", "3:19"));
  const auto reading =
      parse_policies_fully("permit(;" + std::string(kGood) + "permit(,);" + std::string(kGood));
  EXPECT_EQ(reading.errors.size(), 2u);
  EXPECT_EQ(reading.policies.size(), 2u);
}

TEST(CheckParse, AMissingSemicolonIsOneMistake) {
  EXPECT_THAT(places("permit(principal, action, resource)\nforbid(principal, action, resource);"),
              ElementsAre("2:1"));
  EXPECT_THAT(places("permit(principal, action, resource)\n@id(\"x\") forbid(principal, action, resource);"),
              ElementsAre("2:1"));
}

TEST(CheckParse, AStringWithoutEndEndsWithItsLine) {
  EXPECT_THAT(places("permit(principal, action, resource) when { context.x == \"open; };\n"
                     "permit(principal, acton, resource);"),
              ElementsAre("1:57", "2:19"));
}

TEST(CheckParse, CollectsWhatDoesNotEndAnExpression) {
  const auto mistakes = check_policies(
      "permit(principal, action, resource) when { principl == 1 && foo(bar) && [1].contians(2) && ipp(\"1\") "
      "&& [].isEmpty(3) && 99999999999999999999 == 1 && {a: 1, a: 2} == {} && ip(\"1\").ip() && ?principal "
      "== 1 };");
  std::vector<std::string> hints;
  for (const auto& mistake : mistakes)
    hints.push_back(mistake.error.what + " / " + mistake.error.hint);
  ASSERT_EQ(mistakes.size(), 10u) << testing::PrintToString(hints);
  EXPECT_EQ(hints[0], "`principl` is not a variable / did you mean `principal`?");
  EXPECT_EQ(hints[3], "`contians` is not a method of Cedar / did you mean `contains`?");
  EXPECT_EQ(hints[4], "`ipp` is not a function of Cedar / did you mean `ip`?");
}

TEST(CheckParse, AgreesWithTheParserOnTheFirstMistake) {
  for (const char* text :
       {"permit(", "permit(principal, action, resource) when { foo(1 + ) };", "@id(x) permit",
        "permit(principal, action, resource) when { \"a\\q\" };", "}", "\"", ";", "permit;"}) {
    const auto first = parse_policies(text);
    const auto all = parse_policies_fully(text);
    ASSERT_FALSE(first) << text;
    ASSERT_FALSE(all.errors.empty()) << text;
    EXPECT_EQ(all.errors[0].what, first.error().what) << text;
    EXPECT_EQ(all.errors[0].span, first.error().span) << text;
  }
}

TEST(CheckParse, TheNumberOfMistakesIsLimited) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "permt(principal, action, resource);";
  EXPECT_EQ(parse_policies_fully(text).errors.size(), kParseErrorsMax);
}

TEST(CheckParse, EqualIdsAreFoundBehindTheSyntax) {
  const auto mistakes = check_policies(
      "@id(\"a\") permit(principal, action, resource);\n @id(\"a\") " + std::string(kGood), "x.cedar");
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0].error.where, "x.cedar:2:2");
  EXPECT_THAT(mistakes[0].picture, HasSubstr("2 |  @id(\"a\")"));
}

TEST(Picture, PointsAtThePlace) {
  const std::string text = "first\n\tpermit(é, x);\n";
  EXPECT_EQ(picture(text, "a.cedar", {14, 16}, {.message = "bad", .help = "mend it"}),
            "error: bad\n"
            "  --> a.cedar:2:9\n"
            "  |\n"
            "2 |  permit(é, x);\n"
            "  |         ^\n"
            "  = help: mend it\n");
  // At the end of the text, beyond it, and in a long line.
  EXPECT_THAT(picture("ab", "", {2, 2}, {.message = "m"}), HasSubstr(" --> 1:3\n  |\n1 | ab\n  |   ^\n"));
  EXPECT_THAT(picture("ab", "", {9, 12}, {.message = "m"}), HasSubstr("1 | ab\n"));
  const std::string wide = std::string(500, 'x') + "!" + std::string(500, 'y');
  const std::string shown = picture(wide, "", {500, 501}, {.message = "m"});
  EXPECT_LT(shown.size(), 400u);
  EXPECT_THAT(shown, HasSubstr("x!y"));
}

TEST(Picture, HostileTextCannotMoveTheCursor) {
  const std::string shown = picture("a\x1b[2J\x07 b", "n", {0, 1}, {.message = "m\n\x1b"});
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.find('\x07'), std::string::npos);
}

TEST(Nearest, FindsOneOrTwoSlips) {
  constexpr std::string_view kWords[] = {"principal", "action", "resource", "ip"};
  EXPECT_EQ(nearest("principl", kWords), "principal");
  EXPECT_EQ(nearest("Pirncipal", kWords), "principal");
  EXPECT_EQ(nearest("ipp", kWords), "ip");
  EXPECT_EQ(nearest("user", kWords), "");
  EXPECT_EQ(nearest("", kWords), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kWords), "");
}

TEST(CheckRow, JudgesWhatItIsGiven) {
  const auto answer = [](const char* row) { return check_row(*parse_json(row)); };
  EXPECT_EQ(compact(*answer(R"({"id":1,"policies":"permit(principal, action, resource);"})")),
            R"({"id":1,"valid":true,"errors":[]})");
  const auto bad = answer(R"({"id":2,"policies":"permit(","expression":"1 +","json":{},"schema":"entity",
                              "entities":[{}]})");
  ASSERT_TRUE(bad);
  EXPECT_FALSE((*bad)["valid"].as_bool());
  std::vector<std::string> where;
  for (const auto& error : (*bad)["errors"].as_array())
    where.emplace_back(error["where"].text_or(""));
  EXPECT_THAT(where, ElementsAre("policies:1:8", "expression:1:4", "schema:1:7", "entities: [0].uid"));
  EXPECT_FALSE(answer(R"({"id":3})"));
}

}  // namespace
}  // namespace weir::cedar
