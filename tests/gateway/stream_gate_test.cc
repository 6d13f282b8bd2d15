#include "gateway/stream_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hello_bytes.h"

namespace weir::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

StreamGate gate_for(const char* host, std::uint16_t port = 443, bool any_protocol = false) {
  return StreamGate({.host = canonical_host(host).value(), .port = port, .any_protocol = any_protocol});
}

std::string refusal(StreamGate gate, const std::string& bytes) {
  const auto step = gate.up(bytes);
  return step.refused ? std::string(name(*step.refused)) : "passed " + std::to_string(step.pass);
}

std::string passed(const std::string& bytes) {
  return "passed " + std::to_string(bytes.size());
}

TEST(StreamGate, TlsMustSayTheName) {
  EXPECT_EQ(refusal(gate_for("a.example"), hello_for("a.example")), passed(hello_for("a.example")));
  EXPECT_EQ(refusal(gate_for("a.example"), hello_for("A.Example.")), passed(hello_for("A.Example.")));
  EXPECT_EQ(refusal(gate_for("a.example"), hello_for("b.example")), "other_name");
  EXPECT_EQ(refusal(gate_for("a.example"), hello_for(std::string("a.example\0.b", 12))), "bad_host");
  EXPECT_EQ(refusal(gate_for("a.example"), hello_for("127.0.0.1")), "other_name");
  EXPECT_EQ(refusal(gate_for("a.example"), hello_record(hello_message(""))), "no_name");
  EXPECT_EQ(refusal(gate_for("a.example"), hello_record(hello_message(server_name_extension("a.example") +
                                                                      extension(0xfe0d, "inner")))),
            "hidden_name");
  // An address has no name to say.
  EXPECT_EQ(refusal(gate_for("10.0.0.1"), hello_record(hello_message(""))),
            passed(hello_record(hello_message(""))));
  EXPECT_EQ(refusal(gate_for("10.0.0.1"), hello_for("a.example")), "other_name");
}

TEST(StreamGate, ARefusedTlsClientGetsAnAlert) {
  auto gate = gate_for("a.example");
  EXPECT_EQ(gate.up(hello_for("b.example")).answer, std::string("\x15\x03\x03\0\x02\x02\x70", 7));
}

TEST(StreamGate, NothingPassesBehindAClientHelloUntilTheServerHasAnswered) {
  auto gate = gate_for("a.example");
  const std::string hello = hello_for("a.example");
  EXPECT_EQ(gate.up(hello + "secret").pass, hello.size());
  EXPECT_EQ(gate.up("secret").pass, 0U);
  EXPECT_TRUE(gate.down(server_hello().substr(0, 10)));
  EXPECT_EQ(gate.up("secret").pass, 0U);
  EXPECT_FALSE(gate.down(server_hello().substr(10)));
  EXPECT_EQ(gate.up("secret").pass, 6U);
}

// A second ClientHello after a HelloRetryRequest could say another name than the first.
TEST(StreamGate, TheSecondHelloMustSayTheSameName) {
  auto gate = gate_for("a.example");
  EXPECT_GT(gate.up(hello_for("a.example")).pass, 0U);
  gate.down(hello_retry());
  const std::string compatibility = tls_record(20, "\x01");
  const std::string early = tls_record(23, "early");
  EXPECT_EQ(gate.up(compatibility + early + hello_for("b.example")).refused, Refusal::other_name);

  auto honest = gate_for("a.example");
  EXPECT_GT(honest.up(hello_for("a.example")).pass, 0U);
  honest.down(hello_retry());
  const std::string rest = compatibility + early + hello_for("a.example") + "more";
  EXPECT_EQ(honest.up(rest).pass, rest.size());
}

const std::string kGet = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

TEST(StreamGate, EveryHttpRequestMustSayTheHost) {
  EXPECT_EQ(refusal(gate_for("a.example", 80), kGet + kGet), passed(kGet + kGet));
  auto second = gate_for("a.example", 80);
  EXPECT_EQ(second.up(kGet).pass, kGet.size());
  EXPECT_EQ(second.up("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n").refused, Refusal::other_name);
  // Behind a body, however it is measured.
  const std::string evil = "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n";
  EXPECT_EQ(refusal(gate_for("a.example", 80),
                    "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc" + evil),
            "other_name");
  EXPECT_EQ(
      refusal(gate_for("a.example", 80),
              "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" +
                  evil),
      "other_name");
  // What looks like a request inside of a body is a body.
  const std::string inside =
      "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: " + std::to_string(evil.size()) + "\r\n\r\n" +
      evil;
  EXPECT_EQ(refusal(gate_for("a.example", 80), inside), passed(inside));
}

struct Row {
  const char* request;
  const char* outcome;
};

TEST(StreamGate, WhatTurnsARequestIntoSomethingElse) {
  const Row rows[] = {
      {"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "passed"},
      {"GET / HTTP/1.1\r\nHost: A.EXAMPLE.:80\r\n\r\n", "passed"},
      {"OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", "passed"},
      {"BREW /pot HTTP/1.1\r\nHost: a.example\r\n\r\n", "passed"},
      {"GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "other_name"},
      {"GET http://a.example@b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "bad_host"},
      {"GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "protocol"},
      {"GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n", "other_name"},
      {"GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n", "bad_host"},
      {"GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n", "protocol"},
      {"GET / HTTP/1.1\r\n\r\n", "no_name"},
      {"GET / HTTP/1.0\r\n\r\n", "no_name"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "no_name"},
      {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "other_name"},
      {"GET / HTTP/1.1\r\nHost: 0x7f.1\r\n\r\n", "bad_host"},
      {"CONNECT evil.com:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", "protocol"},
      {"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", "protocol"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "protocol"},
      {"GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
       "protocol"},
      {"GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket, h2c\r\n\r\n", "protocol"},
      {"POST / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx", "protocol"},
      {"SSH-2.0-OpenSSH\r\n", "protocol"},
      {"\x05\x01", "protocol"},
  };
  for (const auto& row : rows)
    EXPECT_THAT(refusal(gate_for("a.example", 80), row.request), StartsWith(row.outcome)) << row.request;
}

const std::string kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

TEST(StreamGate, AWebsocketOpensWhenTheServerAgrees) {
  auto gate = gate_for("a.example", 80);
  EXPECT_EQ(gate.up(kUpgrade + "frame").pass, kUpgrade.size());
  EXPECT_TRUE(gate.down("HTTP/1.1 "));
  EXPECT_EQ(gate.up("frame").pass, 0U);
  EXPECT_FALSE(gate.down("101 Switching"));
  EXPECT_EQ(gate.up("frame").pass, 5U);
}

TEST(StreamGate, ARefusedWebsocketStaysHttp) {
  auto gate = gate_for("a.example", 80);
  EXPECT_GT(gate.up(kUpgrade).pass, 0U);
  gate.down("HTTP/1.1 400 Bad");
  EXPECT_EQ(gate.up("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n").refused, Refusal::other_name);
  // Only the first request may ask: the answers before it would be taken for its own.
  auto later = gate_for("a.example", 80);
  EXPECT_EQ(later.up(kGet + kUpgrade).refused, Refusal::protocol);
}

TEST(StreamGate, OtherProtocolsOnlyWhereTheRuleSaysSo) {
  const std::string ssh = "SSH-2.0-OpenSSH_9.2\r\n";
  EXPECT_EQ(refusal(gate_for("a.example", 22, true), ssh), passed(ssh));
  EXPECT_EQ(refusal(gate_for("a.example", 443, false), ssh), "protocol");
  // What has a name is asked for it there too.
  EXPECT_EQ(refusal(gate_for("a.example", 8443, true), hello_for("b.example")), "other_name");
  EXPECT_EQ(refusal(gate_for("a.example", 8080, true), "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n"),
            "other_name");
  EXPECT_EQ(refusal(gate_for("a.example", 8080, true), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "protocol");
}

TEST(StreamGate, AMappedEndpointIsNotLookedAt) {
  StreamGate gate({.host = canonical_host("localhost").value(), .port = 11434, .unseen = true});
  EXPECT_EQ(gate.up("anything").pass, 8U);
}

TEST(StreamGate, APlainProxyRequestIsTheOnlyOne) {
  auto gate = StreamGate::body_only({.host = canonical_host("a.example").value(), .port = 80}, {.length = 3});
  EXPECT_EQ(gate.up("ab").pass, 2U);
  EXPECT_EQ(gate.up("c").pass, 1U);
  EXPECT_EQ(gate.up(kGet).refused, Refusal::protocol);
  auto chunked =
      StreamGate::body_only({.host = canonical_host("a.example").value(), .port = 80}, {.chunked = true});
  EXPECT_EQ(chunked.up("1\r\na\r\n0\r\n\r\n").pass, 11U);
  EXPECT_EQ(chunked.up("x").refused, Refusal::protocol);
}

// Whatever the pieces, the same bytes pass and the same request is refused.
TEST(StreamGate, PiecesChangeNothing) {
  const std::string good =
      "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
      kGet;
  const std::string all = good + "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n";
  for (std::size_t piece = 1; piece < 60; ++piece) {
    auto gate = gate_for("a.example", 80);
    std::size_t out = 0;
    std::string waiting;
    bool refused = false;
    for (std::size_t at = 0; at < all.size() && !refused; at += piece) {
      waiting += all.substr(at, piece);
      const auto step = gate.up(waiting);
      refused = step.refused.has_value();
      out += step.pass;
      waiting.erase(0, step.pass);
    }
    EXPECT_TRUE(refused) << piece;
    EXPECT_LE(out, good.size()) << piece;
  }
}

TEST(StreamGate, ARefusedHttpClientIsToldWhy) {
  auto gate = gate_for("a.example", 80);
  const auto step = gate.up("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_THAT(step.answer, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(step.answer, HasSubstr("b.example"));
}

}  // namespace
}  // namespace weir::gateway
