// The formatter. tests/cases/cedar/forms/format.case holds texts and how they are laid out.
#include "cedar/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/limits.h"
#include "cedar/est_policy_set.h"
#include "cedar/format_layout.h"

namespace weir::cedar {
namespace {

using testing::HasSubstr;

std::size_t comments_in(std::string_view text) {
  std::size_t count = 0;
  for (const auto& token : commented_tokens(text))
    count += token.before.size() + (token.behind.empty() ? 0 : 1);
  return count;
}

// What must hold for every text and width: the same policies, all comments, and a second time no change.
void check_invariants(std::string_view text, const FormatOptions& options) {
  const auto once = format_policies(text, options);
  ASSERT_TRUE(once) << once.error().message() << "\n" << text;
  const auto twice = format_policies(*once, options);
  ASSERT_TRUE(twice) << twice.error().message();
  EXPECT_EQ(*twice, *once);
  EXPECT_EQ(comments_in(*once), comments_in(text)) << *once;
  const auto before = PolicySet::parse(text), after = PolicySet::parse(*once);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(compact(*policy_set_json(*before)), compact(*policy_set_json(*after)));
}

struct Case {
  std::string text;
  std::string formatted;
};

std::vector<Case> cases() {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/cases/cedar/forms/format.case");
  std::vector<Case> out;
  std::string* into = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line == "--- policies") {
      out.emplace_back();
      into = &out.back().text;
    } else if (line == "--- formatted") {
      into = &out.back().formatted;
    } else if (into != nullptr) {
      *into += line + "\n";
    }
  }
  return out;
}

TEST(Format, Cases) {
  const auto all = cases();
  ASSERT_GE(all.size(), 12u);
  for (const auto& [text, formatted] : all) {
    const auto result = format_policies(text);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(*result, formatted);
  }
}

TEST(Format, InvariantsAtEveryWidth) {
  for (const auto& [text, formatted] : cases())
    for (const int width : {1, 10, 20, 40, 80, 200})
      for (const int indent : {0, 2, 4})
        check_invariants(text, {.width_columns = width, .indent_columns = indent});
}

TEST(Format, NothingStaysNothing) {
  EXPECT_EQ(*format_policies(""), "");
  EXPECT_EQ(*format_policies(" \n\t"), "");
}

TEST(Format, CarriageReturnsEndLines) {
  EXPECT_EQ(*format_policies("// a\r\npermit(principal,action,resource);// b\r\n"),
            "// a\npermit (principal, action, resource); // b\n");
}

TEST(Format, MistakesAndOptionsAreRefused) {
  const auto bad = format_policies("permit(principal, action);", {}, "x.cedar");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().where, "x.cedar:1:25");
  for (const FormatOptions options : {FormatOptions{0, 2}, {20'000, 2}, {80, -1}, {80, 17}})
    EXPECT_FALSE(format_policies("", options));
}

TEST(Format, DeepAndLongTextsAreLaidOut) {
  const std::size_t depth = limits::kCedarDepthMax / 2;
  std::string deep = "permit(principal, action, resource) when { ";
  for (std::size_t i = 0; i < depth; ++i)
    deep += "([";
  deep = deep.substr(0, deep.size() - 1) + "1";
  for (std::size_t i = 0; i + 1 < depth; ++i)
    deep += ")]";
  deep += ") == 1 };";
  check_invariants(deep, {});
  std::string wide = "permit(principal, action, resource) when { true";
  for (int i = 0; i < 400; ++i)
    wide += " && context.x == " + std::to_string(i);
  check_invariants(wide + " };", {});
}

}  // namespace
}  // namespace weir::cedar
