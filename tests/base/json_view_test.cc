// Views into a parsed document: the same values as Json, the same strictness, without copies.
#include "base/json_view.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

TEST(JsonView, ReadsMembersItemsAndScalars) {
  JsonDocument document;
  const auto root = document.parse(
      R"({"a":{"b":[1,"two",{"c":true}]},"n":-5,"big":18446744073709551615,"d":2.5,"z":null})");
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->is_object());
  EXPECT_EQ((*root)["n"].int_or(0), -5);
  EXPECT_TRUE((*root)["big"].is_uint64());
  EXPECT_EQ((*root)["big"].int_or(7), 7);
  EXPECT_TRUE((*root)["d"].is_double());
  EXPECT_TRUE((*root)["z"].is_null());
  EXPECT_TRUE((*root)["absent"]["deeper"].is_null());
  EXPECT_EQ((*root)["a"].text_or("other"), "other");
  std::string seen;
  for (const JsonView item : (*root)["a"]["b"].items())
    seen += item.is_string()   ? item.text_or("")
            : item.is_object() ? (item["c"].bool_or(false) ? "T" : "F")
                               : "1";
  EXPECT_EQ(seen, "1twoT");
  std::string keys;
  for (const auto& [key, value] : root->members())
    keys += std::string(key) + ",";
  EXPECT_EQ(keys, "a,n,big,d,z,");
  EXPECT_TRUE(JsonView().is_null());
}

TEST(JsonView, HasStringsWithAnyCharacter) {
  JsonDocument document;
  const auto root = document.parse(R"(["\u0000\n\"\\\ud83d\ude00",""])");
  ASSERT_TRUE(root);
  std::vector<std::string> texts;
  for (const JsonView item : root->items())
    texts.emplace_back(item.text_or("-"));
  EXPECT_EQ(texts, (std::vector<std::string>{std::string("\0\n\"\\\xf0\x9f\x98\x80", 8), ""}));
}

TEST(JsonView, BecomesTheValueThatParseJsonGives) {
  JsonDocument document;
  for (const std::string text :
       {"null", "[]", "{}", "[[],{},[{}]]", R"({"a":[1,2.5,-3,true,false,null,"x"],"b":{"c":{}}})",
        "18446744073709551615", "100000000000000000000", "[1e3,0.1]", R"("text")"}) {
    const auto view = document.parse(text);
    const auto value = parse_json(text);
    ASSERT_TRUE(view && value) << text;
    EXPECT_EQ(view->to_json(), *value) << text;
  }
}

TEST(JsonView, RefusesWhatParseJsonRefuses) {
  JsonDocument document;
  std::string wide = "{";
  for (int i = 0; i < 100; ++i)
    wide += "\"k" + std::to_string(i) + "\":1,";
  for (const std::string& text :
       {std::string(""), std::string("{"), std::string(R"({"a":1,"a":2})"),
        std::string(R"([{"x":{"a":1,"b":2,"a":3}}])"), wide + "\"k7\":2}", std::string("\"\xff\""),
        std::string("1 2"), std::string(200, '['), std::string(129, '[') + std::string(129, ']')}) {
    const auto view = document.parse(text);
    const auto value = parse_json(text);
    ASSERT_FALSE(view) << text;
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(view.error().message(), value.error().message());
  }
  EXPECT_TRUE(document.parse(wide + "\"k\":2}"));
  EXPECT_TRUE(document.parse(std::string(128, '[') + std::string(128, ']')));
  EXPECT_EQ(document.parse("[1,2,3]", {.bytes_max = 4}).error().code, ErrorCode::limit);
  EXPECT_EQ(document.parse("[[1]]", {.depth_max = 1}).error().code, ErrorCode::limit);
}

// No address at all: what an empty std::string_view has.
TEST(JsonView, NothingIsAnErrorToo) {
  JsonDocument document;
  EXPECT_FALSE(document.parse(std::string_view()));
  EXPECT_FALSE(parse_json(std::string_view()));
}

TEST(JsonView, ADocumentServesManyTextsOfAnySize) {
  JsonDocument document;
  for (const std::size_t size : {10u, 100'000u, 5u, 3'000'000u, 20u, 40u}) {
    const std::string text = "[\"" + std::string(size, 'x') + "\"]";
    const std::string padded = text + std::string(JsonDocument::kPaddingBytes, '"');
    for (const std::size_t slack : {std::size_t{0}, JsonDocument::kPaddingBytes}) {
      const auto root = document.parse(std::string_view(padded).substr(0, text.size()), {}, slack);
      ASSERT_TRUE(root) << size;
      EXPECT_EQ((*root->items().begin()).text_or("").size(), size);
    }
  }
}

}  // namespace
}  // namespace weir
