#include "gateway/client_hello.h"

#include <gtest/gtest.h>

#include "gateway/gateway_limits.h"
#include "gateway/hello_bytes.h"

namespace weir::gateway {
namespace {

TEST(ClientHello, SaysTheName) {
  const std::string bytes = hello_record(hello_message(server_name_extension("api.example.org")));
  const auto hello = parse_client_hello(bytes + "rest");
  ASSERT_TRUE(hello && *hello);
  EXPECT_EQ((*hello)->server_name, "api.example.org");
  EXPECT_FALSE((*hello)->encrypted);
  EXPECT_EQ((*hello)->bytes, bytes.size());
}

TEST(ClientHello, APrefixNeedsMore) {
  const std::string bytes = hello_record(hello_message(server_name_extension("a.example")));
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto hello = parse_client_hello(std::string_view(bytes).substr(0, n));
    ASSERT_TRUE(hello) << n << hello.error().message();
    EXPECT_FALSE(*hello) << n;
  }
}

TEST(ClientHello, MayBeCutIntoRecords) {
  const std::string message = hello_message(server_name_extension("a.example"));
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    const std::string bytes = hello_record(message.substr(0, cut)) + hello_record(message.substr(cut));
    const auto hello = parse_client_hello(bytes);
    ASSERT_TRUE(hello && *hello) << cut;
    EXPECT_EQ((*hello)->server_name, "a.example");
    EXPECT_EQ((*hello)->bytes, bytes.size());
  }
}

TEST(ClientHello, NoNameAndHiddenNames) {
  const auto without = parse_client_hello(hello_record(hello_message("")));
  ASSERT_TRUE(without && *without);
  EXPECT_FALSE((*without)->server_name);
  const auto hidden = parse_client_hello(
      hello_record(hello_message(server_name_extension("public.example") + extension(0xfe0d, "inner"))));
  ASSERT_TRUE(hidden && *hidden);
  EXPECT_TRUE((*hidden)->encrypted);
}

TEST(ClientHello, RefusesWhatTwoReadersMightReadDifferently) {
  const std::string name = server_name_extension("a.example");
  const std::string two_names = extension(0, vector16(std::string(1, '\0') + vector16("a.example") +
                                                      std::string(1, '\0') + vector16("b.example")));
  const std::string other_type = extension(0, vector16(std::string(1, '\x07') + vector16("a.example")));
  const std::string trailing = extension(0, vector16(std::string(1, '\0') + vector16("a.example")) + "x");
  for (const std::string& bad :
       {hello_record(hello_message(name + name)), hello_record(hello_message(two_names)),
        hello_record(hello_message(other_type)), hello_record(hello_message(trailing)),
        hello_record(hello_message(server_name_extension(""))),
        hello_record(hello_message(name) + "x"),                   // more in its record
        hello_record(hello_message(name + std::string("\0", 1))),  // half an extension
        hello_record("\x02" + hello_message(name).substr(1)),      // a ServerHello
        std::string("\x16\x03\x01\x00\x00", 5),
        std::string("\x16\x03\x01\x40\x01", 5) + std::string(16385, 'x'), std::string("\x16\x02\x01", 3),
        std::string("GET / HTTP/1.1\r\n"), std::string("\x80\x2e\x01\x03\x01", 5)})
    EXPECT_FALSE(parse_client_hello(bad)) << bad.substr(0, 20);
}

TEST(ClientHello, IsBounded) {
  const std::string large = hello_message(extension(21, std::string(limits::kClientHelloBytesMax, 'x')));
  std::string bytes;
  for (std::size_t at = 0; at < large.size(); at += 16000)
    bytes += hello_record(large.substr(at, 16000));
  EXPECT_FALSE(parse_client_hello(bytes));
  // One byte a record.
  const std::string message =
      hello_message(server_name_extension("a.example") + extension(21, std::string(20000, 'x')));
  std::string crumbs;
  for (const char c : message)
    crumbs += hello_record(std::string(1, c));
  EXPECT_FALSE(parse_client_hello(crumbs));
}

TEST(ClientHello, KnowsAHelloRetryRequest) {
  EXPECT_EQ(is_hello_retry(""), std::nullopt);
  EXPECT_EQ(is_hello_retry(hello_retry().substr(0, 42)), std::nullopt);
  EXPECT_EQ(is_hello_retry(hello_retry()), true);
  std::string other = hello_retry();
  other[20] = 'x';
  EXPECT_EQ(is_hello_retry(other), false);
  EXPECT_EQ(is_hello_retry("\x15"), false);
}

}  // namespace
}  // namespace weir::gateway
