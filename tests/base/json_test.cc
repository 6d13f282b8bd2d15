#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::HasSubstr;

TEST(ParseJson, KeepsSixtyFourBitIntegersExact) {
  const auto value =
      parse_json(R"({"a":9223372036854775807,"b":-9223372036854775808,"c":18446744073709551615})");
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ((*value)["a"].as_int(), INT64_MAX);
  EXPECT_EQ((*value)["b"].as_int(), INT64_MIN);
  EXPECT_EQ((*value)["c"].as_uint64(), UINT64_MAX);
  EXPECT_EQ(compact(*value),
            R"({"a":9223372036854775807,"b":-9223372036854775808,"c":18446744073709551615})");
}

TEST(ParseJson, RefusesDuplicateKeysAtEveryDepth) {
  for (const char* text : {R"({"a":1,"a":2})", R"([{"x":{"b":1,"b":1}}])", R"({"\u0061":1,"a":2})"})
    EXPECT_FALSE(parse_json(text)) << text;
  std::string many = "{";
  for (int i = 0; i < 40; ++i)
    many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_FALSE(parse_json(many + "\"k7\":1}"));
  EXPECT_TRUE(parse_json(many + "\"z\":1}"));
}

TEST(ParseJson, RefusesWhatIsNotOneDocument) {
  for (const char* text :
       {"", "{", "{} {}", "[1,]", "nul", "\"\xff\"", "99999999999999999999", "{\"a\":NaN}"})
    EXPECT_FALSE(parse_json(text)) << text;
}

TEST(ParseJson, LimitsDepthAndSize) {
  const std::string deep =
      std::string(limits::kJsonDepthMax + 1, '[') + std::string(limits::kJsonDepthMax + 1, ']');
  const auto too_deep = parse_json(deep);
  ASSERT_FALSE(too_deep);
  EXPECT_EQ(too_deep.error().code, ErrorCode::limit);
  const std::string fits = std::string(limits::kJsonDepthMax, '[') + std::string(limits::kJsonDepthMax, ']');
  EXPECT_TRUE(parse_json(fits));
  const auto too_long = parse_json("[1,2,3]", {.bytes_max = 3});
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::limit);
}

// The examples of RFC 8785 sections 3.2.2 and 3.2.3, and ECMAScript number forms of its appendix B.
TEST(Canonical, FollowsRfc8785) {
  const auto sample =
      parse_json(R"({"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],)"
                 R"("string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]})");
  ASSERT_TRUE(sample);
  EXPECT_EQ(canonical(*sample),
            R"({"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],)"
            "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(Canonical, SortsKeysByUtf16CodeUnits) {
  const auto sample =
      parse_json(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})");
  ASSERT_TRUE(sample);
  EXPECT_EQ(canonical(*sample),
            "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001F600\":5,\"\uFB33\":3}");
}

TEST(Canonical, WritesNumbersAsEcmaScriptDoes) {
  const std::pair<double, const char*> cases[] = {{0.0, "0"},
                                                  {-0.0, "0"},
                                                  {5e-324, "5e-324"},
                                                  {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                  {9007199254740992, "9007199254740992"},
                                                  {295147905179352830000.0, "295147905179352830000"},
                                                  {999999999999999900000.0, "999999999999999900000"},
                                                  {1e21, "1e+21"},
                                                  {9.999999999999997e22, "9.999999999999997e+22"},
                                                  {0.000001, "0.000001"},
                                                  {1e-7, "1e-7"},
                                                  {-1.5, "-1.5"},
                                                  {123456.789, "123456.789"}};
  for (const auto& [number, text] : cases) {
    EXPECT_EQ(canonical(Json(number)), text);
    const auto again = parse_json(text);
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(again->as_double(), number);
  }
}

TEST(Json, WideNumbersAreReadAsTheyAreWritten) {
  const auto wide =
      parse_json(R"({"\\":"\"1","n":[100000000000000000000,-295147905179352830000,18446744073709551615]})");
  ASSERT_TRUE(wide);
  EXPECT_EQ((*wide)["\\"].as_string(), "\"1");
  EXPECT_EQ((*wide)["n"].as_array()[0].as_double(), 1e20);
  EXPECT_EQ((*wide)["n"].as_array()[1].as_double(), -295147905179352830000.0);
  EXPECT_EQ((*wide)["n"].as_array()[2].as_uint64(), 18446744073709551615u);
  EXPECT_FALSE(parse_json("18446744073709551617")) << "no double is written so: exactness would be lost";
  EXPECT_FALSE(parse_json("[1,01]"));
}

// Names of files and decoded bytes need not be UTF-8; a record of them must be readable all the same.
TEST(Json, WritesWhatIsNotUtf8AsReplacementCharacters) {
  const Json value = Json::object({{"path", "/w/\xff\xfex"}, {"cut", "\xe2\x82"}});
  EXPECT_EQ(compact(value),
            "{\"path\":\"/w/\xEF\xBF\xBD\xEF\xBF\xBDx\",\"cut\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}");
  for (const auto& text : {compact(value), canonical(value), pretty(value)})
    EXPECT_TRUE(parse_json(text)) << text;
  EXPECT_GE(canonical_bytes_max(value), canonical(value).size());
}

TEST(Json, SetFindErase) {
  Json value;
  value.set("b", 1).set("a", "x").set("b", 2);
  EXPECT_EQ(compact(value), R"({"b":2,"a":"x"})");
  value.erase("b");
  EXPECT_FALSE(value.has("b"));
  EXPECT_TRUE(value["nothing"]["at"]["all"].is_null());
}

// Eight bytes are looked at together: every byte at every place of a word must be written as alone.
TEST(JsonWrite, EveryByteAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t length = 1; length < 20; ++length)
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(byte);
        std::string expected;
        append_json_string(expected, std::string(1, static_cast<char>(byte)));
        expected = "\"" + std::string(at, 'x') + expected.substr(1, expected.size() - 2) +
                   std::string(length - at - 1, 'x') + "\"";
        ASSERT_EQ(canonical(Json(text)), expected) << byte << " at " << at;
        if (byte < 0x80) {
          ASSERT_EQ(parse_json(expected)->as_string(), text);
        }
      }
}

TEST(JsonWrite, AppendsBehindWhatIsThere) {
  const Json value = Json::object({{"b", Json::array({1, "x"})}, {"a", Json()}});
  std::string out = "before";
  append_canonical(out, value);
  EXPECT_EQ(out, "before" + canonical(value));
  Json many = Json::object();
  for (int i = 60; i > 0; --i)
    many.set("k" + std::to_string(i), i);
  EXPECT_EQ(*parse_json(canonical(many)), *parse_json(canonical(*parse_json(canonical(many)))));
  EXPECT_TRUE(canonical(many).starts_with("{\"k1\":1,\"k10\":10,\"k11\":11"));
}

}  // namespace
}  // namespace weir
