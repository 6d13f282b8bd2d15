#include "jsonschema/number.h"

#include <gtest/gtest.h>

namespace weir::jsonschema {
namespace {

Json number(std::string_view text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json) << text;
  return json ? *std::move(json) : Json();
}

int order(std::string_view a, std::string_view b) {
  const auto result = compare_numbers(number(a), number(b));
  return result < 0 ? -1 : result > 0 ? 1 : 0;
}

TEST(Number, OrderIsThatOfTheDecimals) {
  EXPECT_EQ(order("1", "1.0"), 0);
  EXPECT_EQ(order("-0.0", "0"), 0);
  EXPECT_EQ(order("9007199254740993", "9007199254740992.0"), 1);
  EXPECT_EQ(order("18446744073709551615", "18446744073709551614"), 1);
  EXPECT_EQ(order("18446744073709551615", "1.9e19"), -1);
  EXPECT_EQ(order("-9223372036854775808", "-9223372036854775807"), -1);
  EXPECT_EQ(order("-1", "18446744073709551615"), -1);
  EXPECT_EQ(order("1e300", "1e299"), 1);
  EXPECT_EQ(order("-1e-300", "-1e-299"), 1);
  EXPECT_EQ(order("0.1", "0.10000000000000001"), 0);
  EXPECT_EQ(order("0.1", "1"), -1);
  EXPECT_EQ(order("123456789", "1.23456789e8"), 0);
}

TEST(Number, Whole) {
  EXPECT_TRUE(is_whole(number("1.0")));
  EXPECT_TRUE(is_whole(number("1e300")));
  EXPECT_FALSE(is_whole(number("1.5")));
}

TEST(Number, Multiples) {
  const auto multiple = [](std::string_view a, std::string_view b) {
    return is_multiple(number(a), number(b));
  };
  EXPECT_TRUE(multiple("0.0075", "0.0001"));
  EXPECT_FALSE(multiple("0.00751", "0.0001"));
  EXPECT_TRUE(multiple("0", "3"));
  EXPECT_TRUE(multiple("-9", "3"));
  EXPECT_FALSE(multiple("35", "1.5e2"));
  EXPECT_TRUE(multiple("300", "1.5e2"));
  EXPECT_TRUE(multiple("1e300", "2"));
  EXPECT_FALSE(multiple("1e300", "3"));
  EXPECT_TRUE(multiple("18446744073709551615", "5"));
  EXPECT_FALSE(multiple("18446744073709551615", "7"));
  EXPECT_TRUE(multiple("1e308", "0.5"));
  EXPECT_FALSE(multiple("1", "1e300"));
}

}  // namespace
}  // namespace weir::jsonschema
