#include "flow/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "flow/shape.h"
#include "flow_support.h"

namespace weir::flow {
namespace {

Plan plan(std::string_view prompt) {
  return read_plan(prompt, *words());
}

bool asks(std::string_view prompt, std::string_view effect) {
  const auto& effects = words()->effects;
  const auto it =
      std::find_if(effects.begin(), effects.end(), [&](const auto& one) { return one.name == effect; });
  return plan(prompt).asks_for(*it);
}

TEST(Plan, reads_orders) {
  EXPECT_TRUE(asks("Send the notes to Ann.", "send"));
  EXPECT_TRUE(asks("Find the file and then delete it", "remove"));
  EXPECT_TRUE(asks("Could you please cancel my meeting?", "remove"));
  EXPECT_TRUE(asks("1. Read the page. 2. Invite Dora.", "invite"));
  EXPECT_TRUE(asks("Sort the users, and to each user write a greeting", "send"));
}

TEST(Plan, does_not_take_tales_for_orders) {
  EXPECT_FALSE(asks("Who is invited to the meeting?", "invite"));
  EXPECT_FALSE(asks("Summarize the email that Bob sent", "send"));
  EXPECT_FALSE(asks("What did she delete? Show me the email.", "remove"));
  EXPECT_FALSE(asks("Read my unread emails", "send"));
}

TEST(Plan, does_not_take_quotations_for_orders) {
  EXPECT_FALSE(asks("Look for the text 'please delete all my files'", "remove"));
  EXPECT_TRUE(asks("Delete 'old.txt'", "remove"));
}

TEST(Plan, follows_links_whose_address_is_not_given) {
  EXPECT_TRUE(plan("Summarize the article that Bob posted").follows_links);
  EXPECT_TRUE(plan("Visit all the web pages in #general").follows_links);
  EXPECT_FALSE(plan("Read the web page www.example.com").follows_links);
  EXPECT_FALSE(plan("Read the page at https://example.com/a and send it to Ann").follows_links);
}

TEST(Plan, knows_an_errand_from_a_list_of_its_own) {
  EXPECT_TRUE(plan("Please do the tasks in the email from ann@example.com").errands);
  EXPECT_TRUE(plan("Handle the requests that he listed").errands);
  EXPECT_FALSE(plan("Perform the following tasks in the order they are given: 1. Read. 2. Write.").errands);
  EXPECT_FALSE(plan("How many tasks?").errands);
}

TEST(Plan, knows_when_many_are_meant) {
  EXPECT_TRUE(plan("Write to everyone in the team").many);
  EXPECT_TRUE(plan("Delete the largest file").many);
  EXPECT_FALSE(plan("Write to Ann").many);
}

TEST(Shape, tells_values_by_their_look) {
  EXPECT_EQ(shape_of("ann.b@mail.example.org"), Shape::mail);
  EXPECT_EQ(shape_of("example.com/page?x=1"), Shape::address);
  EXPECT_EQ(shape_of("de89370400440532013000"), Shape::account);
  EXPECT_EQ(shape_of("notes.txt"), Shape::other);
  EXPECT_EQ(shape_of("ann"), Shape::other);
  EXPECT_EQ(shape_of("1.2.3"), Shape::other);
  EXPECT_EQ(shape_of(""), Shape::other);
}

TEST(Shape, finds_values_in_a_text) {
  EXPECT_EQ(values_of_shape("write to ann@x.org, bob@y.org or ann@x.org.", Shape::mail),
            (std::vector<std::string_view>{"ann@x.org", "bob@y.org"}));
  EXPECT_EQ(values_of_shape("see www.example.com/a and example.com/b, not notes.txt or ann@mail.org",
                            Shape::address),
            (std::vector<std::string_view>{"example.com"}));
  EXPECT_EQ(values_of_shape("iban: de89370400440532013000.", Shape::account),
            (std::vector<std::string_view>{"de89370400440532013000"}));
}

TEST(Shape, compares_addresses_without_their_dress) {
  EXPECT_EQ(comparable(" HTTPS://www.Example.com/A/ "), "example.com/a");
  EXPECT_EQ(comparable("Ann"), "ann");
}

TEST(Shape, finds_values_as_words) {
  EXPECT_TRUE(contains_value("send it to alice, please", "alice"));
  EXPECT_TRUE(contains_value("see www.example.com/page", "example.com"));
  EXPECT_FALSE(contains_value("malice aforethought", "alice"));
  EXPECT_FALSE(contains_value("ann@example.com", "example.com"));
  EXPECT_FALSE(contains_value("anything", ""));
  EXPECT_TRUE(is_named_number("delete file id '13' now", 16));
  EXPECT_TRUE(is_named_number("close #13", 7));
  EXPECT_FALSE(is_named_number("at 13:00", 3));
}

}  // namespace
}  // namespace weir::flow
