// What the environment says of a company's proxy, and when it is asked.
#include "gateway/upstream_proxy.h"

#include <gmock/gmock.h>

#include "gateway/egress_policy.h"

namespace weir::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Environment = std::map<std::string, std::string>;

Upstream from(const Environment& environment) {
  return upstream_from_environment(environment);
}

std::string via(const Upstream& upstream, const std::string& allow, const std::string& host,
                std::uint16_t port) {
  const auto* proxy = upstream.find(parse_allow(allow).value(), canonical_host(host).value(), port);
  return proxy ? proxy->text() : "direct";
}

TEST(UpstreamProxy, IsReadAsOtherProgramsDo) {
  const Upstream both = from({{"HTTPS_PROXY", "http://proxy.corp:3128/"}, {"http_proxy", "10.0.0.1:8080"}});
  EXPECT_EQ(via(both, "a.example", "a.example", 443), "proxy.corp:3128");
  EXPECT_EQ(via(both, "a.example:22", "a.example", 22), "proxy.corp:3128");
  EXPECT_EQ(via(both, "a.example", "a.example", 80), "10.0.0.1:8080");
  EXPECT_EQ(from({{"https_proxy", "lower:1"}, {"HTTPS_PROXY", "upper:1"}}).secure->text(), "lower:1");
  const Upstream all = from({{"all_proxy", "http://[fd00::1]:3128"}, {"HTTP_PROXY", ""}});
  EXPECT_EQ(all.secure->text(), "[fd00::1]:3128");
  EXPECT_EQ(all.plain->text(), "[fd00::1]:3128");
  EXPECT_EQ(from({{"HTTPS_PROXY", "http://proxy.corp"}}).secure->port, 80);
  EXPECT_FALSE(from({}).any());
  EXPECT_EQ(via(from({{"HTTP_PROXY", "p:1"}}), "a.example", "a.example", 443), "direct");
}

TEST(UpstreamProxy, CredentialsAreSentAndNotShown) {
  const Upstream upstream = from({{"HTTPS_PROXY", "http://ann:s%40cret@proxy.corp:3128"}});
  ASSERT_TRUE(upstream.secure);
  EXPECT_EQ(upstream.secure->authorization, "Basic YW5uOnNAY3JldA==");
  EXPECT_EQ(upstream.secure->text(), "proxy.corp:3128");
  EXPECT_EQ(upstream.secure->request(canonical_host("a.example").value(), 443),
            "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n"
            "Proxy-Authorization: Basic YW5uOnNAY3JldA==\r\n\r\n");
  EXPECT_THAT(from({{"HTTPS_PROXY", "p:1"}}).secure->request(canonical_host("2001:db8::1").value(), 443),
              HasSubstr("CONNECT [2001:db8::1]:443 "));
}

TEST(UpstreamProxy, WhatCannotBeUsedIsToldWithoutItsValue) {
  for (const char* url :
       {"socks5h://ann:secret@proxy:1080", "https://ann:secret@proxy:443", "http://",
        "http://ann:secret%zz@proxy:1", "http://ann:secret@pro xy:1", "http://secret:99999"}) {
    const Upstream upstream = from({{"ALL_PROXY", url}});
    EXPECT_FALSE(upstream.any()) << url;
    ASSERT_EQ(upstream.notes.size(), 1u) << url;
    EXPECT_THAT(upstream.notes[0],
                testing::AllOf(HasSubstr("ALL_PROXY is not used"), Not(HasSubstr("secret"))));
  }
}

TEST(UpstreamProxy, NoProxyNamesWhatIsDialledDirectly) {
  const Upstream upstream = from({{"HTTPS_PROXY", "proxy:3128"},
                                  {"NO_PROXY",
                                   " .corp.example, host.example ,only.example:8443,192.0.2.0/25,"
                                   "2001:4860::/32, 8.8.8.8,*.star.example"}});
  EXPECT_EQ(upstream.direct.size(), 7u);
  const auto name = [&](const std::string& host, std::uint16_t port = 443) {
    return via(upstream, host + ":" + std::to_string(port), host, port);
  };
  EXPECT_EQ(name("corp.example"), "direct");
  EXPECT_EQ(name("a.corp.example"), "direct");
  EXPECT_EQ(name("notcorp.example"), "proxy:3128");
  EXPECT_EQ(name("b.host.example"), "direct");
  EXPECT_EQ(name("x.star.example"), "direct");
  EXPECT_EQ(name("only.example", 8443), "direct");
  EXPECT_EQ(name("only.example", 443), "proxy:3128");
  EXPECT_EQ(name("8.8.8.8"), "direct");
  EXPECT_EQ(name("8.8.4.4"), "proxy:3128");
  EXPECT_EQ(via(from({{"HTTPS_PROXY", "p:1"}, {"no_proxy", "*"}}), "a.example", "a.example", 443), "direct");
}

TEST(UpstreamProxy, WhatIsNearIsNeverAskedOfIt) {
  const Upstream upstream = from({{"ALL_PROXY", "proxy:3128"}});
  EXPECT_EQ(via(upstream, "localhost:8443", "127.0.0.1", 8443), "direct");
  EXPECT_EQ(via(upstream, "10.1.2.3:443", "10.1.2.3", 443), "direct");
  const auto rule = parse_allow_private("nas.lan:443").value();
  EXPECT_EQ(upstream.find(rule, canonical_host("nas.lan").value(), 443), nullptr);
}

TEST(UpstreamProxy, ReachesTheProcessThatDials) {
  EgressPolicy policy;
  policy.upstream = from({{"HTTPS_PROXY", "http://u:p@proxy.corp:3128"}, {"NO_PROXY", "a,b"}});
  const auto read = egress_policy_from_json(to_json(policy));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->upstream.secure, policy.upstream.secure);
  EXPECT_FALSE(read->upstream.plain);
  EXPECT_THAT(read->upstream.direct, ElementsAre("a", "b"));
}

TEST(UpstreamProxy, ItsAnswerIsMeasured) {
  const auto reply = [](std::string_view bytes) -> std::string {
    const auto read = parse_connect_reply(bytes);
    if (!read) return read.error().what;
    if (!*read) return "more";
    return std::to_string((*read)->status) + " " + std::to_string((*read)->bytes);
  };
  EXPECT_EQ(reply("HTTP/1.1 200 OK\r\nVia: x\r\n\r\nearly"), "200 27");
  EXPECT_EQ(reply("HTTP/1.0 407\r\n\r\n"), "407 16");
  EXPECT_EQ(reply(""), "more");
  EXPECT_EQ(reply("HTTP/1.1 200 OK\r\n\r"), "more");
  EXPECT_EQ(reply("SSH-2.0"), "its answer is no HTTP");
  EXPECT_EQ(reply("HTTP/1.1 2000 x\r\n\r\n"), "its answer has no status");
  EXPECT_EQ(reply("HTTP/1.1\r\n\r\n"), "its answer has no status");
  EXPECT_EQ(reply("HTTP/1.1 200 " + std::string(kConnectReplyBytesMax, 'x')), "its answer is too long");
}

}  // namespace
}  // namespace weir::gateway
