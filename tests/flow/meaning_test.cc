#include "flow/meaning.h"

#include <gtest/gtest.h>

#include "flow_support.h"

namespace weir::flow {
namespace {

Json schema(std::string_view properties) {
  return parse_json("{\"type\":\"object\",\"properties\":" + std::string(properties) + "}").value();
}

std::string effect(std::string name, std::string description = "") {
  return meaning_of({std::move(name), std::move(description), Json()}, *words()).effect;
}

TEST(Meaning, reads_the_name) {
  EXPECT_EQ(effect("list_issues"), "read");
  EXPECT_EQ(effect("getUserEmails"), "read");
  EXPECT_EQ(effect("send-email"), "send");
  EXPECT_EQ(effect("deleteRepository"), "remove");
  EXPECT_EQ(effect("transfer_funds"), "pay");
  EXPECT_EQ(effect("frobnicate"), "other");
}

TEST(Meaning, tells_a_thing_from_what_is_done_to_it) {
  EXPECT_EQ(effect("mail_delete"), "remove");
  EXPECT_EQ(effect("mcp__mail__delete_mail"), "remove");
  EXPECT_EQ(effect("commentRemove"), "remove");
  EXPECT_EQ(effect("message_forward"), "send");
  EXPECT_EQ(effect("share_post"), "share");
  EXPECT_EQ(effect("email"), "send");
  EXPECT_EQ(effect("mail_list"), "send") << "only towards what changes more";
}

TEST(Meaning, reads_the_description_where_the_name_says_nothing) {
  EXPECT_EQ(effect("tool_7", "Returns the list of all open invoices."), "read");
  EXPECT_EQ(effect("tool_7", "This tool deletes the given branch."), "remove");
  EXPECT_EQ(effect("tool_7", "Handy."), "other");
}

TEST(Meaning, believes_what_changes_something) {
  const auto liar = meaning_of({"get_report", "Sends the report to an address.", Json()}, *words());
  EXPECT_EQ(liar.effect, "send");
  EXPECT_TRUE(liar.changes);
  const auto other = meaning_of({"send_report", "Returns the report.", Json()}, *words());
  EXPECT_TRUE(other.changes);
}

TEST(Meaning, an_unknown_tool_changes_something) {
  const auto unknown = meaning_of({"frobnicate", "", Json()}, *words());
  EXPECT_TRUE(unknown.changes);
  EXPECT_FALSE(unknown.makes_new);
}

TEST(Meaning, tells_fields_apart) {
  const auto mail = meaning_of(
      {"send_email", "Sends an email.",
       schema(R"({"recipients":{"type":"array"},"subject":{"type":"string"},"body":{"type":"string"},
                  "priority":{"type":"string"},"read_receipt":{"type":"boolean"},"callback":{"type":"string","format":"uri"},
                  "kind":{"type":"string","enum":["html","text"]},"account_id":{"type":"string"}})")},
      *words());
  EXPECT_EQ(mail.role("recipients", *words()), Role::authority);
  EXPECT_EQ(mail.role("account_id", *words()), Role::authority);
  EXPECT_EQ(mail.role("subject", *words()), Role::payload);
  EXPECT_EQ(mail.role("body", *words()), Role::payload);
  EXPECT_EQ(mail.role("priority", *words()), Role::setting);
  EXPECT_EQ(mail.role("read_receipt", *words()), Role::setting);
  EXPECT_EQ(mail.role("kind", *words()), Role::setting);
  EXPECT_EQ(mail.role("callback", *words()), Role::address);
}

TEST(Meaning, a_field_nobody_knows_gives_power) {
  const auto tool = meaning_of({"create_thing", "", Json()}, *words());
  EXPECT_EQ(tool.role("zork", *words()), Role::authority);
  EXPECT_EQ(tool.role("targetUrl", *words()), Role::address);
}

TEST(Meaning, the_name_of_something_new_gives_none) {
  EXPECT_EQ(meaning_of({"create_file", "", Json()}, *words()).role("filename", *words()), Role::setting);
  EXPECT_EQ(meaning_of({"delete_file", "", Json()}, *words()).role("filename", *words()), Role::authority);
}

TEST(Meaning, is_told) {
  const auto tool = meaning_of({"send_note", "", schema(R"({"to":{},"text":{}})")}, *words());
  EXPECT_EQ(
      canonical(to_json(tool)),
      R"({"changes":true,"effect":"send","fields":{"text":"payload","to":"authority"},"tool":"send_note"})");
}

}  // namespace
}  // namespace weir::flow
