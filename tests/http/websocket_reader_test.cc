#include "http/websocket_reader.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace weir::http {
namespace {

using Opcode = WebSocketOpcode;
using std::string_literals::operator""s;
constexpr MaskKey kKey = {0x37, 0xfa, 0x21, 0x3d};

std::string frame(const Frame& one) {
  std::string out;
  EXPECT_TRUE(write_frame(out, one));
  return out;
}
std::string bytes(std::string_view hex) {
  const auto raw = from_hex(hex);
  EXPECT_TRUE(raw) << hex;
  return std::string(as_text(*raw));
}

// What a reader makes of bytes in pieces of a size: one line an event, the last one what went wrong.
std::string read(const WebSocketReader::Setup& setup, std::string_view all, std::size_t piece = SIZE_MAX) {
  WebSocketReader reader(setup);
  std::string out, waiting, frames;
  for (std::size_t at = 0; at < all.size(); at += std::min(piece, all.size() - at)) {
    waiting += all.substr(at, piece);
    while (true) {
      const auto step = reader.next(waiting);
      if (!step) return out + std::to_string(reader.close_code()) + " " + step.error().what + "\n";
      if (step->event) {
        const auto& event = *step->event;
        out +=
            std::to_string(static_cast<int>(event.opcode)) + (event.compressed ? "z " : " ") +
            (event.close_code ? std::to_string(*event.close_code) + " " : "") +
            (event.payload.size() > 100 ? std::to_string(event.payload.size()) : std::string(event.payload)) +
            " " + to_hex(as_bytes(event.frames)).substr(0, 40) + "\n";
        frames += event.frames;
      }
      waiting.erase(0, step->taken);
      if (step->taken == 0) break;
    }
  }
  if (!reader.inside_message() && waiting.empty()) {
    EXPECT_EQ(frames.size(), all.size());
  }
  return out + (reader.inside_message() || !waiting.empty() ? "more" : "");
}

std::string read_any_way(const WebSocketReader::Setup& setup, std::string_view all) {
  const std::string whole = read(setup, all);
  for (const std::size_t piece : {1, 2, 3, 7, 100})
    EXPECT_EQ(read(setup, all, piece), whole) << to_hex(as_bytes(all)).substr(0, 200) << " by " << piece;
  return whole;
}

const WebSocketReader::Setup kFromServer = {.from = WebSocketSide::server, .deflate = {}, .limits = {}};
const WebSocketReader::Setup kFromClient = {.from = WebSocketSide::client, .deflate = {}, .limits = {}};
const WebSocketReader::Setup kDeflate = {
    .from = WebSocketSide::server, .deflate = DeflateParameters(), .limits = {}};

// RFC 6455 section 5.7.
TEST(WebSocketReader, TheExamplesOfTheStandard) {
  EXPECT_EQ(read_any_way(kFromServer, bytes("810548656c6c6f")), "1 Hello 810548656c6c6f\n");
  EXPECT_EQ(read_any_way(kFromClient, bytes("818537fa213d7f9f4d5158")), "1 Hello 818537fa213d7f9f4d5158\n");
  EXPECT_EQ(read_any_way(kFromServer, bytes("010348656c80026c6f")), "1 Hello 010348656c80026c6f\n");
  EXPECT_EQ(read_any_way(kFromServer, bytes("890548656c6c6f")), "9 Hello 890548656c6c6f\n");
  EXPECT_EQ(read_any_way(kFromClient, bytes("8a8537fa213d7f9f4d5158")), "10 Hello 8a8537fa213d7f9f4d5158\n");
  EXPECT_EQ(read_any_way(kFromServer, bytes("827e0100") + std::string(256, 'x')).substr(0, 6), "2 256 ");
  EXPECT_EQ(read_any_way(kFromServer, bytes("827f0000000000010000") + std::string(65536, 'x')).substr(0, 8),
            "2 65536 ");
}

TEST(WebSocketReader, ControlFramesBetweenFragments) {
  const std::string all = frame({.opcode = Opcode::text, .payload = "a", .fin = false, .key = kKey}) +
                          frame({.opcode = Opcode::ping, .payload = "p", .key = kKey}) +
                          frame({.opcode = Opcode::continuation, .payload = "", .fin = false, .key = kKey}) +
                          frame({.opcode = Opcode::pong, .payload = "", .key = kKey}) +
                          frame({.opcode = Opcode::continuation, .payload = "bcdef", .key = kKey}) +
                          frame({.opcode = Opcode::binary, .payload = "\xff", .key = kKey});
  const std::string lines = read_any_way(kFromClient, all);
  EXPECT_TRUE(lines.starts_with("9 p 8981")) << lines;
  EXPECT_TRUE(lines.contains("\n10  8a80")) << lines;
  EXPECT_TRUE(lines.contains("\n1 abcdef 0181")) << lines;
}

TEST(WebSocketReader, WhatBreaksTheProtocol) {
  for (const char* hex : {"818000000000",
                          "9100",
                          "a100",
                          "c10548656c6c6f",
                          "8300",
                          "8b00",
                          "0900",
                          "c900",
                          "897e0080",
                          "8000",
                          "010161810162",
                          "827e0001",
                          "827f000000000000ffff",
                          "827f8000000000000000",
                          "880100",
                          "880203e7",
                          "880203ed",
                          "880203ee",
                          "880203f7",
                          "88020bb7",
                          "88021388",
                          "8800ff"})
    EXPECT_TRUE(read_any_way(kFromServer, bytes(hex)).contains("1002 ")) << hex;
  EXPECT_EQ(read_any_way(kFromClient, bytes("8100")), "1002 a frame of a client without a mask\n");
}

TEST(WebSocketReader, CloseSaysItsCode) {
  EXPECT_EQ(read_any_way(kFromServer, bytes("8800")), "8  8800\n");
  EXPECT_EQ(read_any_way(kFromServer, bytes("880503e8627965")), "8 1000 bye 880503e8627965\n");
  EXPECT_TRUE(read_any_way(kFromServer, bytes("880303e8ff")).starts_with("1007 "));
  std::string out;
  EXPECT_TRUE(write_close_frame(out, 1008, "no", std::nullopt));
  EXPECT_EQ(read_any_way(kFromServer, out).substr(0, 10), "8 1008 no ");
  EXPECT_FALSE(write_close_frame(out, 1005, "", std::nullopt));
  EXPECT_FALSE(write_close_frame(out, 1000, "\xff", std::nullopt));
  EXPECT_FALSE(write_close_frame(out, 1000, std::string(124, 'x'), std::nullopt));
  EXPECT_FALSE(write_frame(out, {.opcode = Opcode::ping, .payload = std::string(126, 'x')}));
}

TEST(WebSocketReader, TextIsUtf8AcrossFragmentsAndSeenAtOnce) {
  const auto fragments = [](std::string_view one, std::string_view two) {
    return frame({.opcode = Opcode::text, .payload = one, .fin = false}) +
           frame({.opcode = Opcode::continuation, .payload = two});
  };
  EXPECT_TRUE(read_any_way(kFromServer, fragments("\xe2\x82", "\xac")).starts_with("1 \xe2\x82\xac "));
  EXPECT_TRUE(read_any_way(kFromServer, fragments("\xe2\x82", "")).starts_with("1007 "));
  EXPECT_TRUE(read_any_way(kFromServer, fragments("\xed\xa0", "\x80")).starts_with("1007 "));
  // The frame has not ended: the first wrong byte is enough.
  EXPECT_TRUE(read_any_way(kFromServer,
                           "\x81\x7e\x10\x10"
                           "ab\xc0"s)
                  .starts_with("1007 "));
}

TEST(WebSocketReader, IsBounded) {
  WebSocketReader::Setup small = kFromServer;
  small.limits = {.frame_bytes_max = 10, .message_bytes_max = 15};
  EXPECT_TRUE(read_any_way(small, frame({.payload = std::string(11, 'x')})).starts_with("1009 "));
  EXPECT_TRUE(read_any_way(small, frame({.payload = std::string(10, 'x'), .fin = false}) +
                                      frame({.opcode = Opcode::continuation, .payload = std::string(6, 'x')}))
                  .starts_with("1009 "));
  std::string many = frame({.payload = "", .fin = false});
  for (std::size_t i = 0; i < limits::kWebSocketFragmentsMax; ++i)
    many += frame({.opcode = Opcode::continuation, .payload = "", .fin = false});
  EXPECT_EQ(read(kFromServer, many), "1009 a message in more fragments than it may have\n");
}

TEST(WebSocketReader, AnUncompressedMessageIsNotCopied) {
  const std::string all = frame({.payload = "hello"});
  WebSocketReader reader(kFromServer);
  const auto step = reader.next(all);
  ASSERT_TRUE(step && step->event);
  EXPECT_EQ(step->event->payload.data(), all.data() + 2);
  EXPECT_EQ(step->event->frames.data(), all.data());
}

// RFC 7692 section 7.2.3.
TEST(WebSocketDeflate, TheExamplesOfTheStandard) {
  EXPECT_TRUE(read_any_way(kDeflate, bytes("c107f248cdc9c90700")).starts_with("1z Hello "));
  EXPECT_TRUE(read_any_way(kDeflate, bytes("4103f248cd8004c9c90700")).starts_with("1z Hello "));
  EXPECT_EQ(read_any_way(kDeflate,
                         bytes("c107f248cdc9c90700c105f200110000")),  // the second in the window of the first
            "1z Hello c107f248cdc9c90700\n1z Hello c105f200110000\n");
  EXPECT_TRUE(read_any_way(kDeflate, bytes("c10b000500faff48656c6c6f00")).starts_with("1z Hello "));
  EXPECT_TRUE(
      read_any_way(kDeflate, bytes("c108f348cdc9c9070000")).starts_with("1z Hello "));  // a last block
  EXPECT_EQ(read_any_way(kDeflate, bytes("c108f348cdc9c9070000c105f200110000")),
            "1z Hello c108f348cdc9c9070000\n1z Hello c105f200110000\n");
  EXPECT_TRUE(read_any_way(kDeflate, bytes("c10df24805000000ffffcac9c90700")).starts_with("1z Hello "));
}

TEST(WebSocketDeflate, MessagesThatAreBroken) {
  for (const char* hex : {"c101ff", "c10107", "c103f248cd", "c10106"})
    EXPECT_TRUE(read_any_way(kDeflate, bytes(hex)).starts_with("1007 ")) << hex;
  EXPECT_TRUE(read_any_way(kDeflate, bytes("c10502f248cd00")).starts_with("1007 "));
  EXPECT_TRUE(read_any_way(kDeflate, bytes("0101614100")).starts_with("1002 "));
  EXPECT_TRUE(read_any_way(kDeflate, bytes("410161c000")).starts_with("1002 "));
  // What is compressed is not UTF-8.
  MessageDeflater deflater(15, false);
  EXPECT_TRUE(read_any_way(kDeflate, frame({.payload = deflater.message("ab\xff"), .compressed = true}))
                  .starts_with("1007 "));
}

// All that the parameters allow: both sides agree after many messages, or the window says why not.
TEST(WebSocketDeflate, KeepsToTheParameters) {
  for (const int bits : {9, 11, 15})
    for (const bool forgets : {false, true}) {
      WebSocketReader::Setup setup = kDeflate;
      setup.deflate->server_window_bits = bits;
      setup.deflate->server_no_context_takeover = forgets;
      MessageDeflater deflater(bits, forgets);
      std::string all;
      std::vector<std::string> sent;
      for (int i = 0; i < 20; ++i) {
        sent.push_back(std::string(static_cast<std::size_t>(i * i * 7), static_cast<char>('a' + i)) +
                       "the same");
        all += frame({.payload = deflater.message(sent.back()), .compressed = true});
      }
      WebSocketReader reader(setup);
      std::string_view waiting = all;
      for (const auto& message : sent) {
        const auto step = reader.next(waiting);
        ASSERT_TRUE(step && step->event);
        EXPECT_EQ(step->event->payload, message);
        waiting.remove_prefix(step->taken);
      }
    }
  // Without takeover the reader forgets, and a message that reaches back is broken.
  WebSocketReader::Setup forgets = kDeflate;
  forgets.deflate->server_no_context_takeover = true;
  EXPECT_TRUE(read_any_way(forgets, bytes("c107f248cdc9c90700c105f200110000")).contains("1007 "));
}

TEST(WebSocketDeflate, ABombEndsEarly) {
  MessageDeflater deflater(15, false);
  const std::string bomb = frame({.opcode = Opcode::binary,
                                  .payload = deflater.message(std::string(32 << 20, '\0')),
                                  .compressed = true});
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(read(kDeflate, bomb), "1009 compressed bytes grow more than they may: a bomb\n");
  WebSocketReader::Setup small = kDeflate;
  small.limits.message_bytes_max = 1000;
  const std::string large =
      frame({.payload = MessageDeflater(15, false).message(std::string(1001, 'x')), .compressed = true});
  EXPECT_EQ(read_any_way(small, large), "1009 compressed bytes hold more than they may\n");
}

TEST(MaskBytes, IsTheStandardsAtEveryOffset) {
  std::string text;
  for (int i = 0; i < 67; ++i)
    text += static_cast<char>(i * 37);
  for (std::size_t offset = 0; offset < 8; ++offset)
    for (std::size_t size = 0; size <= text.size(); ++size) {
      std::string masked = text.substr(0, size);
      mask_bytes(masked, kKey, offset);
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_EQ(static_cast<std::uint8_t>(masked[i]),
                  static_cast<std::uint8_t>(text[i]) ^ kKey[(i + offset) % 4]);
    }
}

TEST(Utf8Check, IsTheWholeTextsAnswerHoweverItIsCut) {
  for (const auto& text :
       {"plain ascii text"s, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"s, "\xc0\x80"s, "\xed\xa0\x80"s,
        "\xf4\x90\x80\x80"s, "\xe0\x9f\xbf"s, "\xf0\x8f\xbf\xbf"s, "\xff"s, "\x80"s, "abcdefgh\xc3"s,
        "\xef\xbf\xbf\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf"s, "\xc3(\x80"s})
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      Utf8Check check;
      check.take(std::string_view(text).substr(0, cut));
      check.take(std::string_view(text).substr(cut));
      EXPECT_EQ(check.whole(), valid_utf8(text)) << testing::PrintToString(text) << cut;
    }
}

}  // namespace
}  // namespace weir::http
