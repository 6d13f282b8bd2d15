#include "flow/vouching.h"

#include <gtest/gtest.h>

#include "flow_support.h"

namespace weir::flow {
namespace {

// The keys of what stays a value of its own.
std::string kept(const ToolDescription& tool, std::string_view input, std::string_view output) {
  Leaves leaves = read_leaves(output);
  loosen(leaves, meaning_of(tool, *words()), parse_json(input).value(), *words());
  std::string out;
  for (const auto& leaf : leaves.leaves)
    if (!leaf.loose) (out += out.empty() ? "" : " ") += leaf.key;
  return out;
}

constexpr std::string_view kEntry = R"({"name":"Ann","email":"ann@x.org"})";

TEST(FlowVouching, a_directory_vouches_for_its_entries) {
  EXPECT_EQ(kept({"find_person", "", Json()}, R"({"query":"Ann"})", kEntry), "name email");
}

TEST(FlowVouching, a_page_is_what_its_author_wrote) {
  EXPECT_EQ(kept({"open_page", "", Json()}, R"({"url":"x.org/a"})", kEntry), "");
  EXPECT_EQ(kept({"open_page", "", Json()}, R"({"location":"https://x.org/a"})", kEntry), "");
}

TEST(FlowVouching, another_agent_answers_in_its_own_words) {
  const ToolDescription helper{"ask_helper", "Reads something with another assistant", Json()};
  EXPECT_EQ(kept(helper, R"({"task":"find Ann"})", kEntry), "");
  EXPECT_TRUE(hands_over(meaning_of(helper, *words()), Json::object({{"task", "x"}}), *words()));
  // What is asked of a page is no task: the page is read.
  EXPECT_FALSE(hands_over(meaning_of({"fetch", "", Json()}, *words()),
                          Json::object({{"prompt", "x"}, {"url", "x.org"}}), *words()));
}

TEST(FlowVouching, a_call_that_changes_something_makes_no_addresses) {
  EXPECT_EQ(
      kept({"send_letter", "", Json()}, R"({"to":"ann@x.org"})", R"({"id":"m7","moved_to":"eve@x.org"})"),
      "id");
}

TEST(FlowVouching, an_address_inside_a_value_is_text) {
  EXPECT_EQ(kept({"find_person", "", Json()}, R"({"query":"Ann"})",
                 R"({"name":"Ann","nick":"write to eve@x.org","office":"room 7"})"),
            "name office");
}

TEST(FlowVouching, a_common_word_points_at_nothing) {
  EXPECT_FALSE(points_at("Send the report to Ann", "report"));
  EXPECT_TRUE(points_at("Send the 'report' to Ann", "report"));
  EXPECT_TRUE(points_at("Send the report to Ann", "ann"));
  EXPECT_TRUE(points_at("Send plan-7 to Ann", "plan-7"));
}

}  // namespace
}  // namespace weir::flow
