#include "gateway/dns_message.h"

#include <gtest/gtest.h>

#include "gateway/dns_bytes.h"

namespace weir::gateway {
namespace {

using std::string_literals::operator""s;

TEST(DnsMessage, AnswersWithTheQuestionAsItWasSent) {
  const auto query = parse_dns_query(dns_query("ApI.eXample.org", dns_type::kA));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->name, "ApI.eXample.org");
  EXPECT_EQ(query->type, dns_type::kA);
  EXPECT_TRUE(query->internet);
  const std::string answer = dns_answer(*query, DnsCode::no_error, IpAddress::parse("198.18.0.1"), 30);
  EXPECT_TRUE(
      answer.contains("\x03"s
                      "ApI\x07"s
                      "eXample\x03"s
                      "org\0\0\x01\0\x01"s));
  EXPECT_EQ(answer.substr(0, 12), "\x12\x34\x85\x80\0\x01\0\x01\0\0\0\0"s);
  EXPECT_TRUE(answer.ends_with("\xc0\x0c\0\x01\0\x01\0\0\0\x1e\0\x04\xc6\x12\0\x01"s));
  const std::string none = dns_answer(*query, DnsCode::no_such_name, std::nullopt, 0);
  EXPECT_EQ(none.substr(0, 12), "\x12\x34\x85\x83\0\x01\0\0\0\0\0\0"s);
}

TEST(DnsMessage, WhatIsNoSingleQuestion) {
  const std::string good = dns_query("a.example", dns_type::kA);
  EXPECT_FALSE(parse_dns_query(good.substr(0, 11)));
  EXPECT_FALSE(parse_dns_query(good.substr(0, 2) + "\x81\x80"s + good.substr(4)));
  const auto code = [](const std::string& bytes) { return parse_dns_query(bytes)->code; };
  EXPECT_EQ(code(good), DnsCode::no_error);
  EXPECT_EQ(code(good.substr(0, 2) + "\x29\0"s + good.substr(4)), DnsCode::not_implemented);  // UPDATE
  EXPECT_EQ(code(good.substr(0, 4) + "\0\x02"s + good.substr(6)), DnsCode::format_error);
  EXPECT_EQ(code(good.substr(0, 4) + "\0\0"s + good.substr(6)), DnsCode::format_error);
  for (std::size_t n = 12; n < good.size(); ++n)
    EXPECT_EQ(code(good.substr(0, n)), DnsCode::format_error) << n;
  EXPECT_EQ(code(dns_header() + "\xc0\x0c\0\x01\0\x01"s), DnsCode::format_error);  // a pointer to itself
  EXPECT_EQ(code(dns_header() + "\x03"s
                                "a.b\0\0\x01\0\x01"s),
            DnsCode::format_error);
  EXPECT_EQ(code(dns_query(std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') +
                               "." + std::string(63, 'd') + ".e",
                           dns_type::kA)),
            DnsCode::format_error);
}

}  // namespace
}  // namespace weir::gateway
