#include "gateway/host_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

using testing::HasSubstr;

TEST(HostName, OneFormForOneHost) {
  const std::pair<const char*, const char*> rows[] = {{"example.org", "example.org"},
                                                      {"EXAMPLE.Org", "example.org"},
                                                      {"example.org.", "example.org"},
                                                      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
                                                      {"_dmarc.example.org", "_dmarc.example.org"},
                                                      {"localhost", "localhost"},
                                                      {"1.2.3.4", "1.2.3.4"},
                                                      {"[::1]", "::1"},
                                                      {"2001:DB8:0::1", "2001:db8::1"},
                                                      {"[::ffff:10.0.0.1]", "10.0.0.1"},
                                                      {"1.2.3.4.example", "1.2.3.4.example"},
                                                      {"0x7f.example", "0x7f.example"},
                                                      {"3com.com", "3com.com"}};
  for (const auto& [text, canonical] : rows) {
    const auto host = canonical_host(text);
    ASSERT_TRUE(host) << text << ": " << host.error().message();
    EXPECT_EQ(host->text, canonical) << text;
  }
}

// What a resolver, a C string or a browser would read as something else.
TEST(HostName, RefusesWhatHasTwoMeanings) {
  using std::string_view_literals::operator""sv;
  for (const auto text : {""sv,
                          "."sv,
                          "example.org.."sv,
                          ".example.org"sv,
                          "a..b"sv,
                          "evil.com\0.example.org"sv,
                          "example.org\0"sv,
                          "example.org\n"sv,
                          "exa mple.org"sv,
                          "example.org/path"sv,
                          "user@example.org"sv,
                          "example%2eorg"sv,
                          "example.org:80"sv,
                          "-example.org"sv,
                          "example-.org"sv,
                          "ex\xc3\xa4mple.org"sv,      // ä
                          "\xd0\xb0pple.com"sv,        // Cyrillic а
                          "example\xe3\x80\x82org"sv,  // ideographic full stop
                          "\xef\xbd\x85xample.org"sv,  // fullwidth e
                          "0x7f.1"sv,
                          "0x7f000001"sv,
                          "0X7F.0.0.1"sv,
                          "017700000001"sv,
                          "0177.0.0.1"sv,
                          "2130706433"sv,
                          "127.1"sv,
                          "127.0.0.1."sv,
                          "1.2.3.4.5"sv,
                          "256.1.1.1"sv,
                          "example.0x"sv,
                          "[1.2.3.4]"sv,
                          "[::1"sv,
                          "[fe80::1%25lo]"sv,
                          "fe80::1%lo"sv,
                          "[[::1]]"sv})
    EXPECT_FALSE(canonical_host(text)) << testing::PrintToString(text);
}

TEST(HostName, LengthsAreThoseOfDns) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  EXPECT_TRUE(canonical_host(longest));
  EXPECT_TRUE(canonical_host(longest + "."));
  EXPECT_FALSE(canonical_host(longest + "b"));
  EXPECT_FALSE(canonical_host(label + "a.example.org"));
}

TEST(HostName, HostAndPort) {
  EXPECT_EQ(parse_host_port("a.example:8080")->port, 8080);
  EXPECT_EQ(parse_host_port("a.example")->port, std::nullopt);
  EXPECT_EQ(parse_host_port("[2001:db8::1]:443")->host.text, "2001:db8::1");
  EXPECT_EQ(parse_host_port("[::1]")->port, std::nullopt);
  for (const char* bad : {"a.example:", "a.example:0", "a.example:65536", "a.example:+80", "a.example:80x",
                          ":80", "2001:db8::1", "::1", "::ffff:1.2.3.4", "[::1]80", "a:b:80"})
    EXPECT_FALSE(parse_host_port(bad)) << bad;
}

TEST(HostName, TheErrorShowsHostileBytesEscaped) {
  const auto host = canonical_host("a\x1b[2Jb");
  ASSERT_FALSE(host);
  EXPECT_THAT(host.error().message(), HasSubstr("\\x1b"));
}

}  // namespace
}  // namespace weir::gateway
