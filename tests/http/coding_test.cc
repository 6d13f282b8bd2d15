#include "http/coding.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/bytes.h"

namespace weir::http {
namespace {

// What a body holds, fed in pieces of a size; or why not.
std::string decoded(std::string_view coding, std::string_view body, std::size_t piece,
                    const ExpansionLimits& most = {}) {
  auto decoder = ContentDecoder::open(coding, most);
  if (!decoder) return "error: " + decoder.error().what;
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += std::min(piece, body.size() - at))
    if (const auto done = decoder->take(body.substr(at, piece), out); !done)
      return "error: " + done.error().what;
  const auto done = decoder->finish();
  return done ? out : "error: " + done.error().what;
}
std::string decoded_any_way(std::string_view coding, std::string_view body) {
  const std::string whole = decoded(coding, body, SIZE_MAX);
  for (const std::size_t piece : {1, 2, 3, 10})
    EXPECT_EQ(decoded(coding, body, piece), whole) << coding << " by " << piece;
  return whole;
}

std::string bytes(std::string_view hex) {
  return std::string(as_text(*from_hex(hex)));
}
std::string deflated(DeflateFrame frame, std::string_view text) {
  Deflater deflater(frame);
  std::string out;
  deflater.add(text, out);
  deflater.finish(out);
  return out;
}
std::string zstd(std::string_view text, int level = 3) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level));
  return out;
}
std::string long_text() {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "line " + std::to_string(i * 7919 % 10'007) + "\n";
  return text;
}

// Made by other programs: GNU gzip 1.12 and zstd 1.5.4 of "hello\n".
TEST(ContentDecoder, WhatOthersWrote) {
  const std::string gzip = bytes("1f8b0800000000000003cb48cdc9c9e7020020303a3606000000");
  EXPECT_EQ(decoded_any_way("gzip", gzip), "hello\n");
  EXPECT_EQ(decoded_any_way("X-GZip", gzip), "hello\n");
  EXPECT_EQ(decoded_any_way("gzip", gzip + gzip), "hello\nhello\n");
  EXPECT_EQ(decoded_any_way("zstd", bytes("28b52ffd045831000068656c6c6f0a5388bd91")), "hello\n");
}

TEST(ContentDecoder, EveryCodingReadsWhatWasWritten) {
  for (const std::string& text : {std::string(), std::string("x"), long_text()}) {
    EXPECT_EQ(decoded_any_way("gzip", deflated(DeflateFrame::gzip, text)), text);
    EXPECT_EQ(decoded_any_way("deflate", deflated(DeflateFrame::zlib, text)), text);
    EXPECT_EQ(decoded_any_way("Deflate", deflated(DeflateFrame::raw, text)), text);
    EXPECT_EQ(decoded_any_way("zstd", zstd(text)), text);
    EXPECT_EQ(decoded_any_way("zstd", zstd(text) + zstd("more")), text + "more");
    EXPECT_EQ(decoded_any_way("identity", text), text);
    EXPECT_EQ(decoded_any_way("", text), text);
  }
  for (const char* coding : {"gzip", "deflate", "zstd", ""})
    EXPECT_EQ(decoded_any_way(coding, ""), "") << coding;
}

TEST(ContentDecoder, WhatIsCutBrokenOrTooLong) {
  const std::string text = long_text().substr(0, 500);
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"gzip", deflated(DeflateFrame::gzip, text)},
      {"deflate", deflated(DeflateFrame::zlib, text)},
      {"deflate", deflated(DeflateFrame::raw, text)},
      {"zstd", zstd(text)}};
  for (const auto& [coding, body] : bodies) {
    for (std::size_t n = 1; n < body.size(); ++n)
      EXPECT_TRUE(decoded(coding, body.substr(0, n), SIZE_MAX).starts_with("error: ")) << coding << n;
    EXPECT_TRUE(decoded_any_way(coding, body + "x").starts_with("error: ")) << coding;
    EXPECT_TRUE(decoded_any_way(coding, "\xff\xff\xff\xff\xff\xff").starts_with("error: ")) << coding;
  }
  std::string wrong = deflated(DeflateFrame::gzip, text);
  wrong[wrong.size() - 6] ^= 1;  // of the checksum
  EXPECT_TRUE(decoded_any_way("gzip", wrong).starts_with("error: "));
}

TEST(ContentDecoder, OtherCodingsAreRefusedAndSayWhatToAskFor) {
  const auto brotli = ContentDecoder::open("br");
  ASSERT_FALSE(brotli);
  EXPECT_TRUE(brotli.error().message().contains("ask for gzip, deflate, zstd or identity"));
  for (const char* coding : {"gzip, zstd", "gzip,gzip", "compress", "gzip ", "zstd;x"})
    EXPECT_FALSE(ContentDecoder::open(coding)) << coding;
}

TEST(ContentDecoder, BombsEndEarly) {
  const std::string zeros(64 << 20, '\0');
  for (const auto& [coding, body] :
       {std::pair<std::string, std::string>{"gzip", deflated(DeflateFrame::gzip, zeros)},
        {"zstd", zstd(zeros)}}) {
    auto decoder = *ContentDecoder::open(coding);
    std::string out;
    const auto done = decoder.take(body, out);
    ASSERT_FALSE(done) << coding;
    EXPECT_EQ(done.error().code, ErrorCode::limit);
    EXPECT_LT(out.size(), 2U << 20) << coding;
  }
  const std::string text = long_text();
  const std::string body = deflated(DeflateFrame::gzip, text);
  EXPECT_EQ(decoded("gzip", body, SIZE_MAX, {.bytes_max = text.size()}), text);
  EXPECT_TRUE(decoded("gzip", body, SIZE_MAX, {.bytes_max = text.size() - 1}).starts_with("error: "));
}

// RFC 9659: a window that would take more memory is refused before it is filled.
TEST(ContentDecoder, ALargeWindowOfZstdIsRefused) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 24);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string out(1000, '\0');
  ZSTD_outBuffer made{out.data(), out.size(), 0};
  const std::string text = "hello";
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_compressStream2(context, &made, &in, ZSTD_e_flush);
  ZSTD_inBuffer none{nullptr, 0, 0};
  ZSTD_compressStream2(context, &made, &none, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(made.pos);
  EXPECT_TRUE(decoded_any_way("zstd", out).starts_with("error: "));
}

}  // namespace
}  // namespace weir::http
