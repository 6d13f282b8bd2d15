#include "gateway/socks5.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

using std::string_literals::operator""s;

std::string by_name(const std::string& name, char command = 1) {
  return "\x05"s + command + "\0\x03"s + static_cast<char>(name.size()) + name + "\x01\xbb"s;
}

TEST(Socks5, Greetings) {
  const auto greeting = parse_socks_greeting("\x05\x02\x00\x02more"s);
  ASSERT_TRUE(greeting && *greeting);
  EXPECT_TRUE((*greeting)->without_authentication);
  EXPECT_EQ((*greeting)->bytes, 4U);
  EXPECT_FALSE((**parse_socks_greeting("\x05\x01\x02"s)).without_authentication);
  EXPECT_FALSE(*parse_socks_greeting("\x05\x02\x00"s));
  EXPECT_FALSE(parse_socks_greeting("\x04\x01"s));
  EXPECT_FALSE(parse_socks_greeting("GET "));
}

TEST(Socks5, RequestsByNameAndAddress) {
  const auto name = parse_socks_request(by_name("API.example.org"));
  ASSERT_TRUE(name && *name);
  EXPECT_EQ((*name)->host.text, "api.example.org");
  EXPECT_EQ((*name)->port, 443);
  EXPECT_EQ((*name)->refusal, SocksReply::succeeded);
  const auto four = parse_socks_request("\x05\x01\0\x01\x7f\0\0\x01\0\x50"s);
  EXPECT_EQ((*four)->host.text, "127.0.0.1");
  const auto six = parse_socks_request("\x05\x01\0\x04"s + std::string(15, '\0') + "\x01\0\x50"s);
  EXPECT_EQ((*six)->host.text, "::1");
  const auto mapped =
      parse_socks_request("\x05\x01\0\x04"s + std::string(10, '\0') + "\xff\xff\x0a\0\0\x01\0\x50"s);
  EXPECT_EQ((*mapped)->host.text, "10.0.0.1");
}

TEST(Socks5, APrefixNeedsMore) {
  const std::string whole = by_name("a.example");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto request = parse_socks_request(whole.substr(0, n));
    ASSERT_TRUE(request) << n;
    EXPECT_FALSE(*request) << n;
  }
}

// The bypass of 2025: a suffix check sees ".google.com", the resolver stops at the NUL.
TEST(Socks5, NamesThatAreNoneAreRefusedWithAReply) {
  for (const std::string& name :
       {"attacker.com\0.google.com"s, "a b"s, ""s, "0x7f.1"s, "2130706433"s, "\xc3\xa4.org"s}) {
    const auto request = parse_socks_request(by_name(name));
    ASSERT_TRUE(request && *request) << name;
    EXPECT_EQ((*request)->refusal, SocksReply::not_allowed) << testing::PrintToString(name);
  }
  const auto bind = parse_socks_request(by_name("a.example", 2));
  EXPECT_EQ((*bind)->refusal, SocksReply::command_not_supported);
  EXPECT_FALSE(parse_socks_request("\x05\x01\0\x02xxxxxx"s));
  EXPECT_FALSE(parse_socks_request("\x05\x01\x01\x01xxxxxx"s));
}

}  // namespace
}  // namespace weir::gateway
