// What the user says of tools is changed part by part, and read again as it was meant.
#include "flow/tool_settings.h"

#include <gtest/gtest.h>

#include "base/yaml.h"
#include "flow/products.h"
#include "flow_support.h"

namespace weir::flow {
namespace {

Json done(Result<Json> result) {
  EXPECT_TRUE(result) << result.error().message();
  return result ? *std::move(result) : Json::object();
}

Json reread(const Json& settings) {
  return parse_yaml(settings_yaml(settings), "tools.yaml").value();
}

TEST(ToolSettings, AreWrittenAsTheyAreRead) {
  Json settings = Json::object();
  settings = done(set_tool(settings, "mail/send_note.to=authority"));
  settings = done(set_tool(settings, "mail/send_note.words=payload"));
  settings = done(set_tool(settings, "mail/send_note:effect=send"));
  settings = done(set_tool(settings, "mail/send_note:integrity=workspace"));
  settings = done(set_tool(settings, "mail/send_note:makes_new=true"));
  settings = done(set_server(settings, "yes=none"));
  settings = done(trust_domain(settings, "*.wiki.example"));
  settings = done(trust_author(settings, "mail=ann: \"x\"\n- evil"));
  EXPECT_EQ(canonical(reread(settings)), canonical(settings)) << settings_yaml(settings);
  const std::string text = settings_yaml(settings);
  const Products::File file{"tools.yaml", text};
  const auto products = Products::read({&file, 1}, *words());
  ASSERT_TRUE(products) << products.error().message();
  ToolMeaning meaning;
  apply(products->find("mail/send_note"), *words(), meaning);
  EXPECT_EQ(meaning.effect, "send");
  EXPECT_TRUE(meaning.makes_new);
  EXPECT_EQ(meaning.role("words", *words()), Role::payload);
  EXPECT_EQ(meaning.source.integrity, Integrity::workspace);
  EXPECT_TRUE(products->trusts_address("https://a.wiki.example/"));
}

TEST(ToolSettings, TheLastWordCounts) {
  Json settings = done(set_tool(Json::object(), "s/t.f=payload"));
  settings = done(set_tool(settings, "s/t.f=address"));
  EXPECT_EQ(canonical(settings), R"({"tools":{"s/t":{"takes":[{"f":"address"}]}}})");
  settings = done(trust_domain(done(trust_domain(settings, "a.example")), "a.example"));
  EXPECT_EQ(settings["trusted"]["domains"].as_array().size(), 1U);
}

TEST(ToolSettings, UnsettingLeavesNothingBehind) {
  Json settings = Json::object();
  for (const char* one : {"s/t.f=payload", "s/t:author=login", "s/u:effect=send"})
    settings = done(set_tool(settings, one));
  settings = done(set_server(settings, "s=none"));
  settings = done(trust_domain(settings, "a.example"));
  settings = done(trust_author(settings, "p=ann"));
  for (const char* one : {"s/t.f", "s/t:author", "s/u", "s", "a.example", "p=ann"})
    settings = done(unset(settings, one));
  EXPECT_EQ(canonical(settings), "{}");
  EXPECT_TRUE(reread(settings).is_object());
}

TEST(ToolSettings, SayWhatIsWrong) {
  for (const char* wrong :
       {"", "=", "a=", "=b", "s/t=payload", "s/t:zork=1", "s/t:makes_new=maybe", ".f=payload"})
    EXPECT_FALSE(set_tool(Json::object(), wrong)) << wrong;
  EXPECT_FALSE(set_server(Json::object(), "github"));
  EXPECT_FALSE(trust_author(Json::object(), "ann"));
  const auto missing = unset(Json::object(), "s/t");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
}

TEST(ToolSettings, ShowsOnlyWhatChanges) {
  EXPECT_EQ(changed_lines("a\nb\n", "a\nc\n"), "- b\n+ c\n");
  EXPECT_EQ(changed_lines("a\n", "a\n"), "");
}

}  // namespace
}  // namespace weir::flow
