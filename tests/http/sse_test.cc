#include "http/sse.h"

#include <gtest/gtest.h>

#include "http/plain_sse.h"

namespace weir::http {
namespace {

struct Seen {
  std::vector<plain::Event> events;  // that are dispatched
  std::vector<std::string> blocks;   // the exact bytes of all
  std::string rest;
};

Seen seen(std::string_view bytes, std::size_t cut, std::size_t piece) {
  Seen all;
  SseSplitter splitter;
  std::string waiting;
  std::optional<std::string> id;
  const auto note = [&](const SseEvent& event) {
    if (event.id) id = *event.id;
    if (event.dispatched) all.events.push_back({std::string(event.type), std::string(event.data), id});
    if (event.dispatched) id.reset();
    all.blocks.emplace_back(event.bytes);
    waiting.erase(0, event.bytes.size());
  };
  const auto give = [&](std::string_view more) {
    waiting += more;
    while (const auto event = splitter.next(waiting).value())
      note(*event);
  };
  give(bytes.substr(0, cut));
  for (std::size_t at = cut; at < bytes.size(); at += std::min(piece, bytes.size() - at))
    give(bytes.substr(at, piece));
  if (const auto event = splitter.finish(waiting)) note(*event);
  all.rest = waiting;
  return all;
}

using std::string_literals::operator""s;
const std::vector<std::string> kStreams = {"data: x\n\n",
                                           "data: x\r\n\r\ndata: y\r\n\r\n",
                                           "data: x\r\rdata: y\r\r",
                                           "data: x\r\n\rdata: y\n\r\ndata:z\r\r\n\n",
                                           "data: a\r\r\ndata: b\r\r\n",
                                           "\xef\xbb\xbf"
                                           "data: bom\n\n",
                                           "\xef\xbb\xbf\xef\xbb\xbf"
                                           "data: two\n\ndata: y\n\n",
                                           "\xef\xbb",
                                           ": ping\n\ndata: 1\ndata: 2\ndata:\ndata\n\n",
                                           "event: add\ndata: 1\n\nevent: gone\n\ndata: 2\nevent:\n\n",
                                           "id: 1\n\nid\ndata: x\n\nid: a\0b\ndata: y\n\n"s,
                                           "data:  two spaces\ndata:none\n\n",
                                           "data\n\ndata:\n\n",
                                           "retry: 10\nretry: x\nretry: 99999999999999999999999\ndata: x\n\n",
                                           "DATA: x\ndata : x\nfoo: y\n\ndata: z\n\n",
                                           "\n\n\r\n\r\r\rdata: x\n\n\n",
                                           "\r\n\rdata: x\r\n\r",
                                           "\r",
                                           "data: unfinished\n",
                                           "data: {\"type\":\"message_start\"}\n\nevent: ping\ndata: {}\n\n",
                                           ""};

TEST(SseSplitter, IsTheStandardHoweverTheBytesAreCut) {
  for (const auto& stream : kStreams) {
    const Seen whole = seen(stream, 0, SIZE_MAX);
    EXPECT_EQ(whole.events, plain::events_of(stream)) << testing::PrintToString(stream);
    std::string all;
    for (const auto& block : whole.blocks)
      all += block;
    EXPECT_EQ(all + whole.rest, stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut)
      for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, SIZE_MAX}) {
        const Seen pieces = seen(stream, cut, piece);
        ASSERT_EQ(pieces.events, whole.events) << testing::PrintToString(stream) << cut;
        ASSERT_EQ(pieces.blocks, whole.blocks) << testing::PrintToString(stream) << cut;
      }
  }
}

TEST(SseSplitter, SaysTheFieldsOfAnEvent) {
  SseSplitter splitter;
  const std::string bytes = "event: add\nid: 7\nretry: 1500\ndata: one line\n\n";
  const auto event = *splitter.next(bytes);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, "add");
  EXPECT_EQ(event->id, "7");
  EXPECT_EQ(event->retry_ms, 1500U);
  EXPECT_EQ(event->data, "one line");
  EXPECT_EQ(event->data.data(), bytes.data() + bytes.find("one"));  // not copied
  EXPECT_EQ(event->bytes, bytes);
}

// A held event is a silent agent: nothing is awaited that need not come.
TEST(SseSplitter, GivesAnEventAtOnce) {
  for (const char* stream : {"data: x\n\n", "data: x\r\n\r\n", "data: x\r\r"})
    EXPECT_TRUE(*SseSplitter().next(stream)) << stream;
  EXPECT_FALSE(*SseSplitter().next("data: x\r\n\r"));
}

TEST(SseSplitter, AnEventIsBounded) {
  const std::string event = "data: 12345\n\n";
  EXPECT_TRUE(*SseSplitter(event.size()).next(event));
  EXPECT_EQ(SseSplitter(event.size() - 1).next(event).error().code, ErrorCode::limit);
  EXPECT_EQ(SseSplitter(8).next("data: 12345").error().code, ErrorCode::limit);
}

TEST(WriteSse, IsReadBackAndCannotBeMadeToSayMore) {
  std::string bytes;
  write_sse_comment(bytes, "hold\ndata: no");
  ASSERT_TRUE(
      write_sse(bytes, {.type = "add", .data = "a\r\nid: 3\n\ndata: b\rc", .id = "7", .retry_ms = 20}));
  ASSERT_TRUE(write_sse(bytes, {.type = {}, .data = {}, .id = {}, .retry_ms = {}}));
  const std::vector<plain::Event> expected = {{"add", "a\nid: 3\n\ndata: b\nc", "7"},
                                              {"message", "", std::nullopt}};
  EXPECT_EQ(seen(bytes, 0, SIZE_MAX).events, expected);
  EXPECT_EQ(plain::events_of(bytes), expected);
  for (const auto& bad : {"a\nb"s, "a\rb"s, "\r\n"s}) {
    EXPECT_FALSE(write_sse(bytes, {.type = bad, .data = {}, .id = {}, .retry_ms = {}}));
    EXPECT_FALSE(write_sse(bytes, {.type = {}, .data = {}, .id = bad, .retry_ms = {}}));
  }
  EXPECT_FALSE(write_sse(bytes, {.type = {}, .data = {}, .id = "\0"s, .retry_ms = {}}));
}

}  // namespace
}  // namespace weir::http
