#include "pod/socket_place.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace weir::pod {
namespace {

std::optional<SocketPlace> place(int family, const char* address, std::uint16_t port, std::size_t size = 0,
                                 int socket_family = -1) {
  char bytes[sizeof(sockaddr_in6)] = {};
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (family == AF_INET) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &four.sin_addr);
    std::memcpy(bytes, &four, sizeof four);
  } else {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    ::inet_pton(AF_INET6, address, &six.sin6_addr);
    std::memcpy(bytes, &six, sizeof six);
  }
  if (size == 0) size = family == AF_INET ? sizeof four : sizeof six;
  return socket_place(std::span(bytes).first(size), socket_family < 0 ? family : socket_family);
}

TEST(SocketPlace, AddressesAreWhereTheyLead) {
  EXPECT_EQ(place(AF_INET, "203.0.113.7", 443), (SocketPlace{"203.0.113.7", 443, false}));
  EXPECT_EQ(place(AF_INET, "127.9.9.9", 1), (SocketPlace{"127.9.9.9", 1, true}));
  EXPECT_EQ(place(AF_INET, "0.0.0.0", 80), (SocketPlace{"127.0.0.1", 80, true}));
  EXPECT_EQ(place(AF_INET6, "2001:db8::1", 65535), (SocketPlace{"2001:db8::1", 65535, false}));
  EXPECT_EQ(place(AF_INET6, "::1", 80), (SocketPlace{"::1", 80, true}));
  EXPECT_EQ(place(AF_INET6, "::", 80), (SocketPlace{"::1", 80, true}));
  EXPECT_EQ(place(AF_INET6, "::ffff:10.0.0.1", 80), (SocketPlace{"10.0.0.1", 80, false}));
  EXPECT_EQ(place(AF_INET6, "::ffff:127.0.0.1", 80), (SocketPlace{"127.0.0.1", 80, true}));
  EXPECT_EQ(place(AF_INET6, "::ffff:0.0.0.0", 80), (SocketPlace{"127.0.0.1", 80, true}));
}

TEST(SocketPlace, WhatTheKernelRefusesIsNone) {
  EXPECT_FALSE(place(AF_INET, "203.0.113.7", 443, 15));
  EXPECT_FALSE(place(AF_INET, "203.0.113.7", 443, 1));
  EXPECT_FALSE(socket_place({}, AF_INET));
  EXPECT_FALSE(place(AF_INET6, "::1", 80, 23));
  EXPECT_TRUE(place(AF_INET6, "::1", 80, 24));
  EXPECT_FALSE(place(AF_INET, "203.0.113.7", 443, 0, AF_INET6));
  EXPECT_FALSE(place(AF_INET6, "::1", 80, 0, AF_INET));
  EXPECT_FALSE(socket_place(std::string(16, '\0'), AF_INET)) << "AF_UNSPEC";
}

}  // namespace
}  // namespace weir::pod
