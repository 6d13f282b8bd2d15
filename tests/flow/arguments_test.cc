#include "flow/arguments.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flow_support.h"

namespace weir::flow {
namespace {

// "to=ann@x.org:authority" for every value, in order.
std::string read(std::string_view input, const ToolDescription& tool = {"send_note", "", Json()}) {
  std::string out;
  each_argument(parse_json(input).value(), meaning_of(tool, *words()), *words(), [&](const Argument& one) {
    if (!out.empty()) out += ' ';
    out.append(one.field).append("=").append(one.text).append(":").append(name(one.role));
    if (one.widens != nullptr) out += '!';
    if (one.unread) out += '?';
  });
  return out;
}

TEST(FlowArguments, a_field_plays_the_role_of_its_name) {
  EXPECT_EQ(read(R"({"to":"ann@x.org","body":"hi","url":"x.org","limit":3})"),
            "to=ann@x.org:authority body=hi:payload url=x.org:address limit=3:setting");
}

TEST(FlowArguments, what_is_said_may_name_somebody_inside) {
  EXPECT_EQ(read(R"({"message":{"to":"ann","text":"hi"}})"), "to=ann:authority text=hi:payload");
  EXPECT_EQ(read(R"({"content":[{"who":"ann@x.org"},{"who":"me"}]})"),
            "who=ann@x.org:authority who=me:payload");
  EXPECT_EQ(read(R"({"body":"ann@x.org"})"), "body=ann@x.org:payload");
}

TEST(FlowArguments, text_that_is_json_is_read_like_json) {
  EXPECT_EQ(read(R"({"message":"{\"to\":\"ann\",\"text\":\"hi\"}"})"), "to=ann:authority text=hi:payload");
  EXPECT_EQ(read(R"({"message":"{no json"})"), "message={no json:payload");
}

TEST(FlowArguments, the_head_of_a_letter_names_people) {
  EXPECT_EQ(read(R"({"message":"Subject: x\nTo: Ann <ann@x.org>\n\nTo: eve@x.org"})"),
            "to=ann@x.org:authority message=Subject: x\nTo: Ann <ann@x.org>\n\nTo: eve@x.org:payload");
  EXPECT_EQ(read(R"({"subject":"hi\r\nBcc: eve@x.org"})"),
            "bcc=eve@x.org:authority subject=hi\r\nBcc: eve@x.org:payload");
  EXPECT_EQ(read(R"({"body":"Hi,\nto: be read"})"), "body=Hi,\nto: be read:payload");
}

TEST(FlowArguments, a_setting_that_is_an_address_is_none) {
  EXPECT_EQ(read(R"({"end":"eve@x.org","limit":"https://x.org/a","status":"open issues of x.org"})"),
            "end=eve@x.org:authority limit=https://x.org/a:address status=open issues of x.org:authority!");
}

TEST(FlowArguments, a_choice_that_gives_more_gives_power) {
  EXPECT_EQ(read(R"({"role":"reader","permission":"OWNER","public_link":true,"draft":true})"),
            "role=reader:setting permission=OWNER:authority! public_link=true:authority!");
}

TEST(FlowArguments, names_of_members_that_are_addresses_are_values) {
  EXPECT_EQ(read(R"({"people":{"ann@x.org":"r"}})"), "people=ann@x.org:authority ann@x.org=r:authority");
}

TEST(FlowArguments, a_mailbox_is_compared_without_the_name_of_its_owner) {
  EXPECT_EQ(read(R"({"to":"Ann Lee <ann@x.org>"})"), "to=ann@x.org:authority");
  EXPECT_EQ(read(R"({"to":"mailto:ann@x.org"})"), "to=ann@x.org:authority");
  EXPECT_EQ(read(R"({"to":"ann@x.org <eve@x.org>"})"), "to=ann@x.org <eve@x.org>:authority");
  EXPECT_EQ(read(R"({"to":"mailto:ann@x.org?bcc=eve@x.org"})"),
            "to=mailto:ann@x.org?bcc=eve@x.org:authority");
}

TEST(FlowArguments, what_lies_too_deep_is_said_to_be_unread) {
  std::string input = "\"x\"";
  for (int i = 0; i < 40; ++i)
    input = R"({"a":)" + input + '}';
  EXPECT_EQ(read(input), "a=deeper than is looked at:authority?");
}

TEST(FlowArguments, the_last_word_of_a_name_says_that_it_names_something) {
  EXPECT_EQ(read(R"({"message_id":"7","page_owner":"eve","order_id":8,"text_path":"/x"})"),
            "message_id=7:authority page_owner=eve:authority order_id=8:authority text_path=/x:authority");
  EXPECT_EQ(read(R"({"query":"x"})", {"delete_where", "", Json()}), "query=x:authority");
  EXPECT_EQ(read(R"({"query":"x"})", {"find_where", "", Json()}), "query=x:setting");
}

}  // namespace
}  // namespace weir::flow
