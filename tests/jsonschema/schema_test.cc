// What is told of a value that does not fit, and what a hostile schema cannot do.
#include "jsonschema/schema.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace weir::jsonschema {
namespace {

Json json_of(std::string_view text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json) << text;
  return json ? *std::move(json) : Json();
}

std::string told(std::string_view schema, std::string_view value) {
  const auto compiled = Schema::compile(json_of(schema));
  if (!compiled) return "schema: " + compiled.error().message();
  const auto violations = compiled->check(json_of(value));
  if (!violations) return "check: " + violations.error().message();
  std::string out;
  for (const auto& one : *violations)
    out += one.at + " " + one.text + "\n";
  return out;
}

constexpr std::string_view kMail = R"({"type":"object","properties":{
  "to":{"type":"array","items":{"type":"string","pattern":"^[^@]+@[^@]+$"},"minItems":1},
  "subject":{"type":"string","maxLength":5},"urgency":{"enum":["low","high"]},"copies":{"type":"integer","minimum":1,"maximum":3},
  "part":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["to"],"additionalProperties":false})";

TEST(Schema, SaysWhereAndWhat) {
  EXPECT_EQ(told(kMail, R"({"to":["a@b"],"subject":"hello","urgency":"low","copies":2.0,"part":null})"), "");
  EXPECT_EQ(told(kMail, R"([])"), " must be an object\n");
  EXPECT_EQ(told(kMail, R"({})"), " lacks \"to\"\n");
  EXPECT_EQ(told(kMail, R"({"to":["a@b","c"],"subject":7})"),
            "/to/1 does not match its pattern\n/subject must be a string\n");
  EXPECT_EQ(told(kMail, R"({"to":[],"subject":"\u00e9\u00e9\u00e9\u00e9\u00e9"})"),
            "/to must hold 1 items at least\n");
  EXPECT_EQ(told(kMail, R"({"to":["a@b"],"copies":4})"), "/copies must be at most 3\n");
  EXPECT_EQ(told(kMail, R"({"to":["a@b"],"copies":1.5})"), "/copies must be a whole number\n");
  EXPECT_EQ(told(kMail, R"({"to":["a@b"],"urgency":"HIGH"})"),
            "/urgency is none of the values that are allowed\n");
  EXPECT_EQ(told(kMail, R"({"to":["a@b"],"part":3})"), "/part fits none of the alternatives\n");
  EXPECT_EQ(told(kMail, R"({"to":["a@b"],"bcc/~":"x"})"), "/bcc~1~0 is not allowed\n");
}

TEST(Schema, TellsOnlySoMuch) {
  std::string list = "[";
  for (int i = 0; i < 100; ++i)
    list += i == 0 ? "1" : ",1";
  const std::string text = told(R"({"items":{"type":"string"}})", list + "]");
  EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(kViolationsMax));
}

TEST(Schema, NamesAreShownHarmlessly) {
  EXPECT_EQ(told(R"({"additionalProperties":false})", "{\"\\u001b[31m\":1}").find('\x1b'), std::string::npos);
}

TEST(Schema, RefusesWhatIsNoSchema) {
  const char* rows[] = {"7",
                        "[]",
                        R"({"type":"text"})",
                        R"({"type":[]})",
                        R"({"enum":1})",
                        R"({"minLength":-1})",
                        R"x({"pattern":"("})x",
                        R"x({"pattern":"(?=a)"})x",
                        R"({"multipleOf":0})",
                        R"({"properties":[]})",
                        R"({"properties":{"a":7}})",
                        R"({"required":"a"})",
                        R"({"required":[1]})",
                        R"({"allOf":[]})",
                        R"({"allOf":{}})",
                        R"({"not":[]})",
                        R"({"$ref":7})",
                        R"({"$ref":"#/nowhere"})",
                        R"({"$ref":"#name"})",
                        R"({"$ref":"#/a~2"})",
                        R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})",
                        R"({"uniqueItems":1})",
                        R"({"minimum":"1"})",
                        R"({"maxItems":1.5})",
                        R"({"if":1})"};
  for (const auto* bad : rows) {
    const auto compiled = Schema::compile(json_of(bad));
    ASSERT_FALSE(compiled) << bad;
    EXPECT_EQ(compiled.error().code, ErrorCode::invalid) << bad;
  }
}

TEST(Schema, FetchesNothing) {
  for (const auto* far : {R"({"$ref":"https://evil.example/s.json"})", R"({"$ref":"//evil.example/s"})",
                          R"({"$ref":"file:///etc/passwd"})", R"({"$ref":"other.json#/a"})",
                          R"({"$schema":"https://evil.example/draft"})",
                          R"({"items":{"$dynamicRef":"https://evil.example/s"}})"}) {
    const auto compiled = Schema::compile(json_of(far));
    ASSERT_FALSE(compiled) << far;
    EXPECT_EQ(compiled.error().code, ErrorCode::denied) << far;
  }
}

TEST(Schema, WalksThatNeverEndAreLimited) {
  const auto limited = [](std::string_view schema, std::string_view value) {
    const auto compiled = Schema::compile(json_of(schema));
    EXPECT_TRUE(compiled) << schema;
    const auto outcome = compiled->check(json_of(value));
    return !outcome && outcome.error().code == ErrorCode::limit;
  };
  EXPECT_TRUE(limited(R"({"$ref":"#"})", "1"));
  EXPECT_TRUE(limited(R"({"allOf":[{"$ref":"#"},{"$ref":"#"}]})", "1"));
  // Each level asks both of its alternatives: 2 to the 40th.
  std::string doubled = R"({"$defs":{"l0":{"type":"string"})";
  for (int i = 1; i <= 40; ++i) {
    const std::string below = R"({"$ref":"#/$defs/l)" + std::to_string(i - 1) + R"("})";
    doubled += R"(,"l)" + std::to_string(i) + R"(":{"anyOf":[)" + below + "," + below + "]}";
  }
  EXPECT_TRUE(limited(doubled + R"(},"$ref":"#/$defs/l40"})", "1"));
}

TEST(Schema, TooLargeASchemaIsRefused) {
  std::string many = R"({"allOf":[)";
  for (std::size_t i = 0; i <= kNodesMax; ++i)
    many += i == 0 ? "{}" : ",{}";
  const auto compiled = Schema::compile(json_of(many + "]}"));
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, ErrorCode::limit);
  std::string patterns = R"({"allOf":[)";
  for (std::size_t i = 0; i <= kPatternsMax; ++i)
    patterns += std::string(i == 0 ? "" : ",") + R"({"pattern":"a"})";
  const auto with_patterns = Schema::compile(json_of(patterns + "]}"));
  ASSERT_FALSE(with_patterns);
  EXPECT_EQ(with_patterns.error().code, ErrorCode::limit);
}

TEST(Schema, ListsUnderItemsAreReadInEveryDraft) {
  const auto* tuple = R"({"items":[{"type":"string"},{"type":"number"}],"additionalItems":false})";
  EXPECT_EQ(told(tuple, R"(["a",1])"), "");
  EXPECT_EQ(told(tuple, R"([1,1])"), "/0 must be a string\n");
  EXPECT_EQ(told(tuple, R"(["a",1,2])"), "/2 is not allowed\n");
}

TEST(Schema, PatternsOfEcmaScript) {
  EXPECT_EQ(told(R"({"pattern":"^\\u0041\\/\\p{Letter}+$"})", R"("A/äb")"), "");
  EXPECT_NE(told(R"({"pattern":"^\\u0041$"})", R"("u0041")"), "");
}

}  // namespace
}  // namespace weir::jsonschema
