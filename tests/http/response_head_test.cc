#include "http/response_head.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

using Body = ResponseHead::Body;

ResponseHead read(const std::string& bytes, bool for_head = false) {
  const auto parsed = parse_response_head(bytes, for_head);
  EXPECT_TRUE(parsed && *parsed) << bytes;
  return parsed && *parsed ? **parsed : ResponseHead();
}

TEST(ResponseHead, TellsWhereABodyEnds) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").length, 5U);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").body, Body::length);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n").body, Body::chunked);
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\n").body, Body::until_close);
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").body, Body::none);
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\n\r\n").body, Body::none);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).body, Body::none);
  EXPECT_TRUE(read("HTTP/1.1 100 Continue\r\n\r\n").informational());
  EXPECT_FALSE(read("HTTP/1.1 101 Switching Protocols\r\n\r\n").informational());
  EXPECT_EQ(read("HTTP/1.1 200\r\nX: a\r\n\r\n").field("x"), "a");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX: a\r\nX: b\r\n\r\n").field("x"), std::nullopt);
}

TEST(ResponseHead, WhatCouldBeReadInTwoWaysIsAnError) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\nX: a\n\n",
        "HTTP/1.1 200 OK\r\n X: a\r\n\r\n", "HTTP/1.1 200 OK\r\nX : a\r\n\r\n", "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 99 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \x01\r\n\r\n"})
    EXPECT_FALSE(parse_response_head(bytes, false)) << bytes;
  const auto more = parse_response_head("HTTP/1.1 200 OK\r\nX: a\r\n", false);
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  EXPECT_FALSE(parse_response_head("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'a'), false));
}

}  // namespace
}  // namespace weir::http
