#include "http/head_writer.h"

#include <gtest/gtest.h>

#include "http/http_limits.h"
#include "http/request_head.h"
#include "http/response_head.h"

namespace weir::http {
namespace {

TEST(HeadWriter, WhatIsWrittenIsReadBack) {
  const auto text = HeadWriter::request("POST", "/v1?x=1")
                        .add("Host", "a.example")
                        .add("X", "a: b, \"c\"")
                        .length(12)
                        .text();
  ASSERT_TRUE(text);
  const auto head = parse_request_head(*text);
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->bytes, text->size());
  EXPECT_EQ((*head)->target, "/v1?x=1");
  EXPECT_EQ((*head)->field("x"), "a: b, \"c\"");
  EXPECT_EQ((*head)->framing.length, 12U);
  const auto answer = HeadWriter::response(502).add("X", "").chunked().text();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
  EXPECT_EQ((*parse_response_head(*answer, false))->body, ResponseHead::Body::chunked);
}

TEST(HeadWriter, NothingEndsItsLine) {
  using std::string_literals::operator""s;
  for (const auto& bad : {"a\r\nX: y"s, "a\nX: y"s, "a\rX: y"s, "a\0b"s, " a"s, "a\t"s, "\x7f"s, "a\r\n"s}) {
    EXPECT_FALSE(HeadWriter::request("GET", "/").add("X", bad).text()) << bad;
    EXPECT_FALSE(HeadWriter::request("GET", "/").add(bad, "x").text()) << bad;
    EXPECT_FALSE(HeadWriter::request("GET", "/" + bad).text()) << bad;
    EXPECT_FALSE(HeadWriter::request("GET" + bad, "/").text()) << bad;
  }
  EXPECT_FALSE(HeadWriter::response(200, "OK\r\nX: y").text());
  EXPECT_FALSE(HeadWriter::response(99).text());
  EXPECT_FALSE(HeadWriter::request("GET", "").text());
  EXPECT_FALSE(HeadWriter::request("GET", "/").add("", "x").text());
}

TEST(HeadWriter, AMessageEndsInOneWay) {
  EXPECT_FALSE(HeadWriter::response(200).length(1).chunked().text());
  EXPECT_FALSE(HeadWriter::response(200).length(1).length(1).text());
  EXPECT_FALSE(HeadWriter::response(204).length(1).text());
  EXPECT_FALSE(HeadWriter::response(101).chunked().text());
  EXPECT_FALSE(HeadWriter::response(200).add("content-LENGTH", "1").text());
  EXPECT_FALSE(HeadWriter::response(200).add("Transfer-Encoding", "chunked").text());
  EXPECT_FALSE(HeadWriter::request("GET", "/").add("Host", "a").add("host", "a").text());
}

TEST(HeadWriter, IsBoundedAndNeverSaysAValue) {
  HeadWriter many = HeadWriter::response(200);
  for (std::size_t i = 0; i <= limits::kFieldsMax; ++i)
    many.add("X", "y");
  EXPECT_EQ(many.text().error().code, ErrorCode::limit);
  EXPECT_EQ(HeadWriter::response(200).add("X", std::string(limits::kHeadBytesMax, 'x')).text().error().code,
            ErrorCode::limit);
  const auto wrong = HeadWriter::request("GET", "/").add("Authorization", "s3cret\n").text();
  ASSERT_FALSE(wrong);
  EXPECT_FALSE(wrong.error().message().contains("s3cret"));
}

}  // namespace
}  // namespace weir::http
