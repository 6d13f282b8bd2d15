#include "http/request_head.h"

#include <gtest/gtest.h>

#include "http/http_limits.h"

namespace weir::http {
namespace {

TEST(RequestHead, ReadsAndMeasures) {
  const std::string text =
      "POST /v1?x=1 HTTP/1.1\r\nHost: a.example\r\nX-Empty:\r\nContent-Length: 12 \r\n\r\nbody";
  const auto head = parse_request_head(text);
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->method, "POST");
  EXPECT_EQ((*head)->target, "/v1?x=1");
  EXPECT_EQ((*head)->field("host"), "a.example");
  EXPECT_EQ((*head)->field("x-empty"), "");
  EXPECT_EQ((*head)->field("x-none"), std::nullopt);
  EXPECT_EQ((*head)->framing.length, 12U);
  EXPECT_EQ((*head)->bytes, text.size() - 4);
}

TEST(RequestHead, APrefixNeedsMore) {
  const std::string text = "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n";
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto head = parse_request_head(std::string_view(text).substr(0, n));
    ASSERT_TRUE(head) << n << head.error().message();
    EXPECT_FALSE(*head) << n;
  }
}

// Each is a known way to make two readers find two different requests (RFC 9112, section 11).
TEST(RequestHead, RefusesWhatTwoReadersMightReadDifferently) {
  using std::string_literals::operator""s;
  const std::string start = "POST / HTTP/1.1\r\nHost: a.example\r\n";
  for (const auto& bad : {"GET / HTTP/1.1\nHost: a\n\n"s,
                          "GET / HTTP/1.1\r\nHost: a\n\r\n"s,
                          "GET / HTTP/1.1\rHost: a\r\n\r\n"s,
                          "GET  / HTTP/1.1\r\n\r\n"s,
                          "GET / HTTP/1.1 \r\n\r\n"s,
                          " GET / HTTP/1.1\r\n\r\n"s,
                          "\r\nGET / HTTP/1.1\r\n\r\n"s,
                          "GET /\t HTTP/1.1\r\n\r\n"s,
                          "GET /\xc3\xa4 HTTP/1.1\r\n\r\n"s,
                          "GET /\0 HTTP/1.1\r\n\r\n"s,
                          "GET /\r\n\r\n"s,
                          "GET / HTTP/2.0\r\n\r\n"s,
                          "GET / HTTP/1.2\r\n\r\n"s,
                          "GET / http/1.1\r\n\r\n"s,
                          "G(T / HTTP/1.1\r\n\r\n"s,
                          start + "Host: b.example\r\n\r\n",
                          start + "Host : b.example\r\n\r\n",
                          start + " folded\r\n\r\n",
                          start + "nocolon\r\n\r\n",
                          start + ": empty\r\n\r\n",
                          start + "X: a\0b\r\n\r\n"s,
                          start + "X: a\x7f\r\n\r\n",
                          start + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
                          start + "Content-Length: 1, 1\r\n\r\n",
                          start + "Content-Length: +1\r\n\r\n",
                          start + "Content-Length: 0x1\r\n\r\n",
                          start + "Content-Length: -1\r\n\r\n",
                          start + "Content-Length: 99999999999999999999\r\n\r\n",
                          start + "Content-Length:\r\n\r\n",
                          start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                          start + "Transfer-Encoding: chunked, identity\r\n\r\n",
                          start + "Transfer-Encoding: gzip, chunked\r\n\r\n",
                          start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                          start + "Transfer-Encoding: xchunked\r\n\r\n",
                          "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"s})
    EXPECT_FALSE(parse_request_head(bad)) << testing::PrintToString(bad);
}

TEST(RequestHead, IsBounded) {
  EXPECT_FALSE(parse_request_head("GET / HTTP/1.1\r\nX: " + std::string(limits::kHeadBytesMax, 'x')));
  std::string many = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 0; i <= limits::kFieldsMax; ++i)
    many += "X: y\r\n";
  EXPECT_FALSE(parse_request_head(many + "\r\n"));
}

TEST(RequestHead, TargetsThatAreUrls) {
  const auto target = absolute_target("HTTP://a.example:8080/p?q");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->scheme, "HTTP");
  EXPECT_EQ(target->authority, "a.example:8080");
  EXPECT_EQ(target->path, "/p?q");
  EXPECT_EQ(absolute_target("http://a.example")->path, "");
  EXPECT_EQ(absolute_target("http://u@a.example?x")->authority, "u@a.example");
  EXPECT_FALSE(absolute_target("/x://y"));
  EXPECT_FALSE(absolute_target("*"));
}

}  // namespace
}  // namespace weir::http
