// Mechanism; what is accepted and refused stands in tests/cases/http/ (message_cases_test.cc).
#include "http/message_reader.h"

#include <gtest/gtest.h>

#include "http/http_limits.h"
#include "http/syntax.h"

namespace weir::http {
namespace {

using Kind = Step::Kind;

TEST(RequestReader, DataIsAViewAndAllBytesAreTaken) {
  const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET";
  RequestReader reader;
  std::string_view waiting = bytes;
  ASSERT_EQ(reader.next(waiting)->kind, Kind::head);
  EXPECT_EQ(reader.head().field("host"), "a");
  waiting.remove_prefix(reader.head().bytes);
  const auto body = reader.next(waiting);
  ASSERT_EQ(body->kind, Kind::body);
  EXPECT_EQ(body->data.data(), waiting.data());
  EXPECT_EQ(body->taken, 3U);
  waiting.remove_prefix(3);
  EXPECT_EQ(reader.next(waiting)->kind, Kind::end);
  EXPECT_EQ(reader.next(waiting)->kind, Kind::more);
  EXPECT_FALSE(reader.ended(waiting));
}

TEST(RequestReader, NothingIsReadBehindAnUpgradeUntilItIsDecided) {
  const std::string upgrade =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  for (const bool agreed : {false, true}) {
    RequestReader reader;
    ASSERT_EQ(reader.next(upgrade)->kind, Kind::head);
    EXPECT_EQ(reader.next("")->kind, Kind::end);
    EXPECT_TRUE(reader.waits());
    EXPECT_EQ(reader.next("\x81\x80")->kind, Kind::more);
    reader.switched(agreed);
    const auto next = reader.next("\x81\x80");
    EXPECT_EQ(next && next->kind == Kind::open, agreed);
  }
}

TEST(RequestReader, ARefusedTunnelThatWasTheLastRequestStaysTheLast) {
  for (const std::string version : {"1.0", "1.1"}) {
    RequestReader reader;
    ASSERT_EQ(reader.next("CONNECT a:1 HTTP/" + version + "\r\nHost: a:1\r\n\r\n")->kind, Kind::head);
    EXPECT_EQ(reader.next("")->kind, Kind::end);
    reader.switched(false);
    EXPECT_EQ(reader.next("GET / HTTP/1.1\r\nHost: b\r\n\r\n").has_value(), version == "1.1");
  }
}

TEST(RequestReader, TheBodyIsBounded) {
  RequestReader reader(5);
  EXPECT_EQ(reader.next("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n").error().code,
            ErrorCode::limit);
}

// A byte at a time costs no more than the bytes, and the head is not read before it is whole.
TEST(HeadScan, SeesEachByteOnceAndIsBounded) {
  HeadScan scan;
  std::string bytes = "GET / HTTP/1.1\r\nX: ";
  bytes += std::string(limits::kHeadBytesMax - bytes.size(), 'x');
  for (std::size_t n = 1; n <= bytes.size(); ++n) {
    const auto found = scan.find(std::string_view(bytes).substr(0, n));
    ASSERT_TRUE(found);
    ASSERT_FALSE(*found);
  }
  EXPECT_EQ(scan.find(bytes + "x").error().code, ErrorCode::limit);
}

// Against the table, at every place of a word of eight bytes.
TEST(Syntax, FieldTextIsWhatTheTableSays) {
  for (int c = 0; c < 256; ++c)
    for (std::size_t at = 0; at < 19; ++at) {
      std::string text = "plain text \xc3\xa4 \x80\xff tab";
      text.resize(19, 'x');
      text[at] = static_cast<char>(c);
      const bool good = c == '\t' || (c >= 0x20 && c != 0x7f);
      ASSERT_EQ(is_field_text(text), good) << c << " at " << at;
    }
}

TEST(ResponseReader, OwesNoMoreThanItMay) {
  const auto request = parse_request_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ResponseReader reader;
  for (std::size_t i = 0; i < limits::kPipelineMax; ++i)
    ASSERT_TRUE(reader.asked(**request));
  EXPECT_EQ(reader.asked(**request).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace weir::http
