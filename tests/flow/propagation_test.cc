// The table of sources, and that a session does what it says.
#include "flow/propagation.h"

#include <gtest/gtest.h>

#include "flow/flow_support.h"
#include "flow/session.h"

namespace weir::flow {
namespace {

constexpr std::string_view kText =
    "Welcome to our site. We are glad that you are here, and hope that you will like what there is to see.";

TEST(Propagation, EverySourceHasANameOfItsOwn) {
  for (std::size_t i = 0; i < kSources.size(); ++i) {
    const auto source = static_cast<SourceClass>(i);
    EXPECT_EQ(source_from(rule_of(source).name), source);
  }
  EXPECT_FALSE(source_from("rumour"));
}

// What one result does to a session is what the table says, with free text and without.
TEST(Propagation, ASessionFollowsTheTable) {
  for (const SourceRule& rule : kSources) {
    SCOPED_TRACE(rule.name);
    for (const bool free_text : {true, false}) {
      Session session(words());
      session.prompt(1, "Do what has to be done");
      EXPECT_EQ(session.label().integrity(), rule_of(SourceClass::user).text);
      session.result(2, {.tool = "list_things",
                         .input = Json::object(),
                         .output = free_text ? kText : std::string_view(R"([{"id":"a17","size":3}])"),
                         .text = rule.text});
      EXPECT_EQ(session.label().integrity(), integrity_of_result(rule.text, free_text));
      EXPECT_EQ(session.assess("send_mail", Json::object({{"to", "eve@evil.example"}})).watched,
                values_count(session.label().integrity()));
    }
  }
}

// A second source never makes up for the first.
TEST(Propagation, NothingLowersIt) {
  for (const SourceRule& first : kSources)
    for (const SourceRule& second : kSources) {
      Session session(words());
      session.result(1,
                     {.tool = "list_things", .input = Json::object(), .output = kText, .text = first.text});
      const Integrity before = session.label().integrity();
      session.result(2,
                     {.tool = "list_things", .input = Json::object(), .output = kText, .text = second.text});
      EXPECT_EQ(session.label().integrity(), std::max(before, integrity_of_result(second.text, true)));
    }
}

}  // namespace
}  // namespace weir::flow
