#include "http/chunks.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

// The body ends at the same byte however it comes in pieces, and what follows is not taken.
TEST(ChunkReader, FindsTheEndInPieces) {
  const std::string body = "3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Sum: t\r\n\r\n";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    ChunkReader reader;
    const std::string all = body + "GET / HTTP/1.1\r\n";
    std::size_t at = 0;
    while (!reader.done()) {
      const auto taken = reader.take(std::string_view(all).substr(at, piece));
      ASSERT_TRUE(taken) << piece << taken.error().message();
      ASSERT_GT(*taken, 0U);
      at += *taken;
    }
    EXPECT_EQ(at, body.size()) << piece;
  }
}

TEST(ChunkReader, RefusesWhatTwoReadersMightReadDifferently) {
  for (const char* bad : {"3\nabc\r\n", "3\r\nabcd\r\n", "3\r\nabc\n", "x\r\n", "\r\n", " 3\r\nabc\r\n",
                          "3 \r\nabc\r\n", "0x3\r\nabc\r\n", "-1\r\n", "ffffffffffffffff\r\n",
                          "1000000000000000\r\n", "3;\x01\r\n", "0\r\nA: b\n\r\n"})
    EXPECT_FALSE(ChunkReader().take(bad)) << testing::PrintToString(bad);
  EXPECT_FALSE(ChunkReader().take("1;" + std::string(limits::kChunkLineBytesMax, 'x')));
  std::string trailers = "0\r\n";
  for (int i = 0; i < 2000; ++i)
    trailers += "T: x\r\n";
  EXPECT_FALSE(ChunkReader().take(trailers + "\r\n"));
}

TEST(ChunkReader, GivesItsData) {
  ChunkReader reader;
  std::string data;
  const std::string bytes = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX: a\r\n\r\nmore";
  std::size_t used = 0;
  for (std::size_t at = 0; at < bytes.size() && !reader.done(); ++at)
    used += reader.take(bytes.substr(at, 1), &data).value();
  EXPECT_EQ(data, "hello world");
  EXPECT_EQ(used, bytes.size() - 4);
}

// The one grammar of extensions, and no blanks.
TEST(ChunkReader, ExtensionsFollowTheGrammar) {
  for (const std::string good :
       {"3;a", "3;a=b", "3;a;b=c", "3;a=\"q;\\\"=\"", "3;a=\"\"", "3;a=\"x\";b", "03"})
    EXPECT_TRUE(ChunkReader().take(good + "\r\nabc\r\n")) << good;
  for (const std::string bad : {"3;", "3; a", "3;a ", "3;a =b", "3;=b", "3;a=", "3;a==b", "3;a=b=c",
                                "3;a=\"x\"y", "3;a=\"x", "3;a;;b", "3,a", "3;a\t", "3;a=\"\x01\""})
    EXPECT_FALSE(ChunkReader().take(bad + "\r\nabc\r\n")) << bad;
}

TEST(ChunkReader, TrailersSayNothingAboutTheMessage) {
  for (const char* good : {"0\r\nX: y\r\n\r\n", "0\r\nExpires:\r\nA: b\r\n\r\n"}) {
    ChunkReader reader;
    EXPECT_TRUE(reader.take(good));
    EXPECT_TRUE(reader.done()) << good;
  }
  for (const char* bad :
       {"0\r\nContent-Length: 3\r\n\r\n", "0\r\ntransfer-encoding: chunked\r\n\r\n", "0\r\nHOST: b\r\n\r\n",
        "0\r\n folded\r\n\r\n", "0\r\nX : y\r\n\r\n", "0\r\nGET / HTTP/1.1\r\n\r\n"})
    EXPECT_FALSE(ChunkReader().take(bad)) << bad;
}

TEST(ChunkReader, TheBodyIsBounded) {
  EXPECT_TRUE(ChunkReader(6).take("3\r\nabc\r\n3\r\n"));
  const auto more = ChunkReader(5).take("3\r\nabc\r\n3\r\n");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::limit);
}

TEST(ChunkReader, DataIsNotCopied) {
  const std::string bytes = "5\r\nhello\r\n";
  const auto piece = ChunkReader().next(bytes);
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->taken, 8U);
  EXPECT_EQ(piece->data.data(), bytes.data() + 3);
}

TEST(WriteChunk, IsReadBack) {
  std::string bytes;
  write_chunk(bytes, "hello");
  write_chunk(bytes, "");
  write_chunk(bytes, std::string(300, 'x'));
  write_last_chunk(bytes);
  ChunkReader reader;
  std::string data;
  ASSERT_TRUE(reader.take(bytes, &data));
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(data, "hello" + std::string(300, 'x'));
}

}  // namespace
}  // namespace weir::http
