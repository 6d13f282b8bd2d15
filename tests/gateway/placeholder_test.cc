#include "gateway/placeholder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

using testing::MatchesRegex;
using testing::StartsWith;

TEST(Placeholder, HasTheShapeOfTheValue) {
  const std::string value = "ghp_R3alV4lueOfTheCredential0123456789ab";
  const std::string one = make_placeholder(value).value();
  EXPECT_EQ(one.size(), value.size());
  EXPECT_THAT(one, MatchesRegex("ghp_[0-9A-Za-z]+"));
  EXPECT_NE(one, value);
  EXPECT_NE(one, make_placeholder(value).value());
  EXPECT_THAT(make_placeholder("sk-ant-api03-Abc_defGHI-012345").value(),
              MatchesRegex("sk-ant-api03-[0-9A-Za-z]{3}_[0-9A-Za-z]{6}-[0-9A-Za-z]{6}"));
  EXPECT_THAT(make_placeholder("0123456789abcdef0123456789abcdef").value(), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(make_placeholder("AKIAIOSFODNN7EXAMPLE").value(), MatchesRegex("AKIA[0-9A-Z]{16}"));
}

TEST(Placeholder, OfAWebTokenOnlyTheSignatureIsAnother) {
  const std::string value = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";
  const std::string one = make_placeholder(value).value();
  EXPECT_THAT(one, StartsWith("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."));
  EXPECT_NE(one, value);
}

TEST(Placeholder, WhatCannotHaveOneIsAnError) {
  for (const char* value :
       {"", "short", "ghp_123456789", "two words of text 0123456789", "line\n0123456789abc"})
    EXPECT_FALSE(make_placeholder(value)) << value;
  EXPECT_FALSE(make_placeholder(std::string(9000, 'a')));
}

}  // namespace
}  // namespace weir::gateway
