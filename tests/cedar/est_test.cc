// Cedar's JSON form. tests/cases/cedar/forms/policies.jsonl holds what the official tools make of policies:
// {id, policies, json, text}, where text is the policy that they print for the JSON.
#include "cedar/est.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cedar/est_policy_set.h"
#include "cedar/parser.h"
#include "cedar/policy_text.h"
#include "cedar/template.h"
#include "cedar/value_json.h"

namespace weir::cedar {
namespace {

using testing::HasSubstr;

Policy only_policy(std::string_view text) {
  auto parsed = parse_policies(text);
  CHECK(parsed && parsed->size() == 1);
  return std::move(parsed->front());
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

TEST(Est, GoldenPolicies) {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/cases/cedar/forms/policies.jsonl");
  std::string line;
  int rows = 0;
  while (std::getline(in, line)) {
    ++rows;
    const auto row = parse_json(line);
    ASSERT_TRUE(row) << line;
    const std::string id((*row)["id"].text_or(""));
    const auto json = policy_json(only_policy((*row)["policies"].as_string()));
    ASSERT_TRUE(json) << id;
    EXPECT_EQ(compact(*json), compact((*row)["json"])) << id;
    const auto read = read_policy_json((*row)["json"]);
    ASSERT_TRUE(read) << id << read.error().message();
    const auto text = policy_text(*read);
    ASSERT_TRUE(text) << id;
    EXPECT_EQ(*text, (*row)["text"].as_string()) << id;
    EXPECT_EQ(compact(*policy_json(only_policy(*text))), compact(*json)) << id;
  }
  EXPECT_GE(rows, 19);
}

TEST(Est, LongsAreExact) {
  const std::string body =
      R"({"==":{"left":{"Value":-9223372036854775808},"right":{"Value":9223372036854775807}}})";
  const auto expression = read_expression_json(*parse_json(body));
  ASSERT_TRUE(expression);
  EXPECT_EQ(*expression_text(*expression), "(-9223372036854775808) == 9223372036854775807");
  EXPECT_EQ(compact(*expression_json(*expression)), body);
  EXPECT_FALSE(read_expression_json(*parse_json(R"({"Value":9223372036854775808})")));
}

TEST(Est, ValuesHoldSetsRecordsAndExtensions) {
  const auto expression = read_expression_json(*parse_json(
      R"({"Value":{"a":[1,{"__entity":{"type":"U","id":"x"}}],"b":{"__extn":{"fn":"ip","arg":"1.1.1.1"}}}})"));
  ASSERT_TRUE(expression) << expression.error().message();
  EXPECT_EQ(*expression_text(*expression), "{a: [1, U::\"x\"], b: ip(\"1.1.1.1\")}");
  EXPECT_TRUE(expression->constant);
  EXPECT_EQ(compact(value_json(expression->value)),
            R"({"a":[1,{"__entity":{"type":"U","id":"x"}}],"b":{"__extn":{"fn":"ip","arg":"1.1.1.1"}}})");
}

TEST(Est, RefusesWhatIsNoExpression) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", ""},
      {"{}", ""},
      {R"({"Value":1,"Var":"principal"})", ""},
      {R"({"Value":null})", "Value"},
      {R"({"Value":1.5})", "Value"},
      {R"({"Value":[1,1e3]})", "Value[1]"},
      {R"({"Value":{"__expr":"1"}})", "Value"},
      {R"({"Value":{"__entity":{"type":"if","id":"a"}}})", "Value.type"},
      {R"({"Value":{"__extn":{"fn":"nope","arg":1}}})", "Value.__extn"},
      {R"({"Var":"user"})", "Var"},
      {R"({"Slot":"?principal"})", "Slot"},
      {R"({"==":{"left":{"Value":1}}})", "=="},
      {R"({"==":{"left":{"Value":1},"right":{"Value":1},"x":1}})", "=="},
      {R"({"!":{"left":{"Value":1}}})", "!"},
      {R"({"&&":{"left":{"&&":{"left":{"Value":true},"right":1}},"right":{"Value":true}}})",
       "&&.left.&&.right"},
      {R"({"has":{"left":{"Var":"context"},"attr":[]}})", "has"},
      {R"({"has":{"left":{"Var":"context"},"attr":["a",1]}})", "has"},
      {R"({"like":{"left":{"Value":"x"},"pattern":["Joker"]}})", "like.pattern"},
      {R"({"is":{"left":{"Var":"context"},"entity_type":"a b"}})", "is.entity_type"},
      {R"({"Set":{}})", "Set"},
      {R"({"Record":[]})", "Record"},
      {R"({"nope":[]})", "nope"},
      {R"({"ip":{"Value":1}})", "ip"},
      {R"({"if-then-else":{"if":{"Value":true},"then":{"Value":{"a":null}},"else":{"Value":1}}})",
       "if-then-else.then.Value.a"}};
  for (const auto& [text, where] : cases) {
    const auto json = parse_json(text);
    ASSERT_TRUE(json) << text;
    const auto read = read_expression_json(*json);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().where, where) << text;
    EXPECT_FALSE(read.error().what.empty()) << text;
  }
}

// Each case replaces one member of a policy that is read without it.
TEST(Est, RefusesWhatIsNoPolicy) {
  const Json good = *parse_json(
      R"({"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]})");
  ASSERT_TRUE(read_policy_json(good));
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"effect", R"("Permit")", "effect"},
      {"principal", R"({"op":"=="})", "principal"},
      {"principal", R"({"op":"==","slot":"?resource"})", "principal"},
      {"principal", R"({"op":"==","entity":"U::\"a\""})", "principal.entity"},
      {"principal", R"({"op":"is","entity_type":"if"})", "principal.entity_type"},
      {"principal", R"({"op":"near"})", "principal.op"},
      {"action", R"({"op":"==","entity":{"type":"Foo","id":"x"}})", "action.entity"},
      {"action", R"({"op":"in","entities":[{"type":"Action","id":"x"},{"type":"Foo","id":"x"}]})",
       "action.entities[1]"},
      {"action", R"({"op":"is","entity_type":"Action"})", "action.op"},
      {"action", R"({"op":"==","slot":"?action"})", "action"},
      {"conditions", "null", "conditions"},
      {"conditions", R"([{"kind":"if","body":{"Value":1}}])", "conditions[0].kind"},
      {"conditions", R"([{"kind":"when","body":{"Value":1},"x":1}])", "conditions[0]"},
      {"conditions", R"([{"kind":"when","body":{"Var":"x"}}])", "conditions[0].body.Var"},
      {"annotations", "null", "annotations"},
      {"annotations", R"({"a b":"x"})", "annotations"},
      {"annotations", R"({"a":1})", "annotations.a"},
      {"more", "1", ""}};
  for (const auto& [member, value, where] : cases) {
    Json json = good;
    json.set(member, *parse_json(value));
    const auto read = read_policy_json(json);
    ASSERT_FALSE(read) << member << value;
    EXPECT_EQ(read.error().where, where) << member << value;
  }
}

TEST(Est, WhatOnlyJsonCanSayHasNoText) {
  for (const char* text :
       {R"({"lessThan":[]})", R"({"has":{"left":{"Var":"context"},"attr":["a","b c"]}})"}) {
    const auto expression = read_expression_json(*parse_json(text));
    ASSERT_TRUE(expression) << text;
    EXPECT_EQ(compact(*expression_json(*expression)), text);
    EXPECT_FALSE(expression_text(*expression)) << text;
  }
}

TEST(Est, NestingIsLimitedBothWays) {
  const std::string deep = repeated(R"({"!":{"arg":)", 400) + R"({"Value":true})" + repeated("}}", 400);
  const auto json = parse_json(deep, kEstJsonLimits);
  ASSERT_TRUE(json) << json.error().message();
  const auto read = read_expression_json(*json);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::limit);

  const auto chain = [](std::size_t operands) {
    return *parse_expression("true" + repeated(" && true", operands - 1));
  };
  const auto written = expression_json(chain(500));
  ASSERT_TRUE(written);
  const auto again = parse_json(compact(*written), kEstJsonLimits);
  ASSERT_TRUE(again);
  const auto reread = read_expression_json(*again);
  ASSERT_TRUE(reread) << reread.error().message();
  EXPECT_EQ(reread->args.size(), 500u);
  const auto too_long = expression_json(chain(5000));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::limit);
}

TEST(EstPolicySet, KeepsIdsLinksAndOrder) {
  auto set = *PolicySet::parse(
      "permit(principal == ?principal, action, resource);\n@id(\"named\") permit(principal, action, "
      "resource);\n"
      "forbid(principal, action, resource);");
  const std::vector<TemplateLink> links{{"policy0", "linked", {{"?principal", EntityUid("User", "a")}}}};
  const auto text = policy_set_text(set);
  ASSERT_TRUE(text);
  EXPECT_EQ(compact(*policy_set_json(*PolicySet::parse(*text))), compact(*policy_set_json(set)));
  set = *link(set, links);
  const auto json = policy_set_json(set);
  ASSERT_TRUE(json);
  EXPECT_EQ(
      compact((*json)["templateLinks"]),
      R"([{"templateId":"policy0","newId":"linked","values":{"?principal":{"type":"User","id":"a"}}}])");
  EXPECT_FALSE((*json)["staticPolicies"].has("linked"));
  const auto again = read_policy_set_json(*json);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(compact(*policy_set_json(*again)), compact(*json));
  ASSERT_NE(again->find("linked"), nullptr);
  EXPECT_EQ(again->find("linked")->template_id, "policy0");
  const auto no_text = policy_set_text(*again);
  ASSERT_FALSE(no_text);
  EXPECT_THAT(no_text.error().what, HasSubstr("template"));
}

TEST(EstPolicySet, ManyPoliciesKeepTheirNumbers) {
  std::string text;
  for (int i = 0; i < 25; ++i)
    text += "permit(principal == User::\"" + std::to_string(i) + "\", action, resource);";
  // Sorted names, as other tools may write them: policy10 before policy2.
  const auto sorted = parse_json(canonical(*policy_set_json(*PolicySet::parse(text))));
  const auto printed = policy_set_text(*read_policy_set_json(*sorted));
  ASSERT_TRUE(printed);
  const auto again = PolicySet::parse(*printed);
  for (int i = 0; i < 25; ++i)
    EXPECT_EQ(again->find("policy" + std::to_string(i))->principal.entities[0].id(), std::to_string(i));
}

TEST(EstPolicySet, RefusesWhatDoesNotFit) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", ""},
      {R"({"policies":{}})", ""},
      {R"({"staticPolicies":[]})", "staticPolicies"},
      {R"({"staticPolicies":{"a":{"effect":"permit"}}})", "staticPolicies.a.principal.op"},
      {R"({"templates":{"t":{"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]}}})",
       "templates.t"},
      {R"({"templateLinks":[{"templateId":"t"}]})", "templateLinks[0]"},
      {R"({"templateLinks":[{"templateId":"t","newId":"n","values":{}}]})", "templateLinks.n"}};
  for (const auto& [text, where] : cases) {
    const auto set = read_policy_set_json(*parse_json(text));
    ASSERT_FALSE(set) << text;
    EXPECT_EQ(set.error().where, where) << text;
  }
}

TEST(TranslateRow, BothWaysAndErrors) {
  const auto json =
      translate_row(*parse_json(R"({"id":1,"policies":"permit(principal, action, resource);"})"));
  ASSERT_TRUE(json);
  const auto text = translate_row(*json);
  ASSERT_TRUE(text);
  EXPECT_EQ(compact(*text), R"({"id":1,"policies":"permit(principal, action, resource);\n"})");
  const auto none = translate_row(*parse_json(R"({"id":1})"));
  ASSERT_FALSE(none);
  const auto bad = translate_row(*parse_json(R"({"id":1,"policies":"permit("})"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().where, "policies:1:8");
}

}  // namespace
}  // namespace weir::cedar
