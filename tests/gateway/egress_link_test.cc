// The messages between supervisor and proxy, and the link that carries them.
#include "gateway/egress_link.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

using Kind = LinkMessage::Kind;

SocketEnd end_at(const char* address, std::uint16_t port) {
  return {IpAddress::parse(address).value(), port};
}

std::vector<LinkMessage> some_of_each() {
  return {{.kind = Kind::registered,
           .call = 7,
           .source = end_at("127.0.0.1", 40000),
           .destination = end_at("2001:db8::1", 443)},
          {.kind = Kind::answer, .question = UINT64_MAX, .allowed = true},
          {.kind = Kind::named, .destination = end_at("198.18.0.1", 0), .host = "a.example"},
          {.kind = Kind::asked, .call = 1, .question = 2, .socks = true, .host = "192.0.2.1"},
          {.kind = Kind::asked, .call = 1, .question = 3, .host = "2001:db8::2"},
          {.kind = Kind::ended, .call = 9}};
}

TEST(LinkMessage, EachArrives) {
  for (const auto& message : some_of_each()) {
    const std::string bytes = encode(message);
    EXPECT_LE(bytes.size(), limits::kLinkMessageBytesMax);
    const auto read = decode_link_message(bytes);
    ASSERT_TRUE(read) << message.host;
    EXPECT_EQ(*read, message);
  }
  LinkMessage longest{.kind = Kind::asked, .host = std::string(63, 'a')};
  for (int i = 0; i < 3; ++i)
    longest.host += i < 2 ? "." + std::string(63, 'b') : "." + std::string(61, 'c');
  EXPECT_LE(encode(longest).size(), limits::kLinkMessageBytesMax);
  EXPECT_TRUE(decode_link_message(encode(longest)));
}

TEST(LinkMessage, WhatIsNoneIsRefused) {
  const std::string good = encode(some_of_each()[2]);
  EXPECT_FALSE(decode_link_message(""));
  EXPECT_FALSE(decode_link_message(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(decode_link_message(good + "x"));
  std::string other_kind = good;
  other_kind[0] = 5;
  EXPECT_FALSE(decode_link_message(other_kind));
  LinkMessage message = some_of_each()[2];
  for (const char* host : {"A.example", "a.example.", "a b", "0x7f.1", "a\nb", "[::1]"}) {
    message.host = host;
    EXPECT_FALSE(decode_link_message(encode(message))) << host;
  }
}

TEST(EgressLink, WhatFindsNoRoomWaitsAndIsBounded) {
  auto ends = EgressLink::make_ends();
  ASSERT_TRUE(ends);
  EgressLink one(std::move(ends->first));
  EgressLink other(std::move(ends->second));
  std::uint64_t sent = 0;
  while (sent < 1'000'000 && one.send({.kind = Kind::ended, .call = sent + 1}))
    ++sent;
  EXPECT_GT(sent, limits::kLinkQueueMax);
  EXPECT_LT(sent, 1'000'000U);
  EXPECT_FALSE(one.gone()) << "the other side may listen again";
  std::uint64_t received = 0;
  while (received < sent) {
    const auto message = other.receive();
    one.flush();
    if (!message) continue;
    ASSERT_EQ(message->call, ++received);
  }
  EXPECT_TRUE(one.send({.kind = Kind::ended, .call = 1}));
}

TEST(EgressLink, TheEndOfTheOtherSideIsSeen) {
  auto ends = EgressLink::make_ends();
  ASSERT_TRUE(ends);
  EgressLink one(std::move(ends->first));
  ends->second.reset();
  EXPECT_FALSE(one.receive());
  EXPECT_TRUE(one.gone());
  EXPECT_FALSE(one.send({.kind = Kind::ended}));
}

}  // namespace
}  // namespace weir::gateway
