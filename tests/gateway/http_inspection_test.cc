#include "gateway/http_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/credentials.h"

namespace weir::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A connection to a.example, to which the credential of credentials.h belongs unless there is none.
class Inspection {
 public:
  explicit Inspection(std::vector<const char*> rules = {}, bool with_credential = true,
                      const char* host = "a.example")
      : set_(with_credential ? only(credential()) : std::vector<Credential>()),
        rule_(parse_allow_tls(host).value()) {
    for (const char* text : rules)
      policy_.inspected.push_back(parse_inspect(text).value());
    http_.emplace(HttpInspection::Setup{
        .expected = {.host = canonical_host(host).value(), .port = 443, .inside_tls = true},
        .rule = rule_,
        .policy = policy_,
        .credentials = set_,
        .used = [this](const CredentialUse& use) { uses.push_back(use.method + " " + use.path); },
        .noticed = [this](Refusal, const std::string& says) { notices.push_back(says); },
        .now_ms = [] { return std::int64_t{1000}; }});
  }
  // What goes to the server, or the word of the refusal.
  std::string up(std::string_view bytes) { return to(up_, bytes, &HttpInspection::up); }
  std::string down(std::string_view bytes) { return to(down_, bytes, &HttpInspection::down); }
  std::string ended() {
    const auto step = http_->down_ended();
    return step.refused ? std::string(name(*step.refused)) : step.out;
  }
  HttpInspection& http() { return *http_; }

  std::vector<std::string> uses;
  std::vector<std::string> notices;

 private:
  std::string to(std::string& waiting, std::string_view bytes,
                 HttpInspection::Step (HttpInspection::*take)(std::string_view)) {
    waiting += bytes;
    const auto step = ((*http_).*take)(waiting);
    waiting.erase(0, step.taken);
    return step.refused ? std::string(name(*step.refused)) : step.out;
  }

  CredentialSet set_;
  EgressRule rule_;
  EgressPolicy policy_;
  std::optional<HttpInspection> http_;
  std::string up_, down_;
};

std::string request(const std::string& line, const std::string& fields = "",
                    const std::string& host = "a.example") {
  return line + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
}
const std::string kGet = request("GET /x", "X-Api-Key: " + kPlaceholder + "\r\n");

TEST(HttpInspection, SwapsAndMasks) {
  Inspection one;
  const std::string sent = one.up(request(
      "GET /v1/x?q=1", "X-Api-Key: " + kPlaceholder + "\r\nAccept-Encoding: gzip\r\nRange: bytes=0-9\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-Api-Key: " + kReal + "\r\n"));
  EXPECT_THAT(sent, HasSubstr("Accept-Encoding: identity\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("Range")));
  EXPECT_EQ(one.uses, std::vector<std::string>{"GET /v1/x"});
  const std::string body = "you said " + kReal;
  const std::string got = one.down("HTTP/1.1 200 OK\r\nX-Said: " + kReal +
                                   "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_THAT(got, Not(HasSubstr(kReal)));
  EXPECT_THAT(got, HasSubstr("X-Said: " + kPlaceholder));
  EXPECT_THAT(got, HasSubstr("you said " + kPlaceholder));
}

TEST(HttpInspection, MasksAcrossChunksHoweverTheyAreCut) {
  for (std::size_t size = 1; size < 12; ++size) {
    Inspection one;
    (void)one.up(kGet);
    std::string got = one.down("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string body = "<" + kReal + "><" + kReal + ">";
    for (std::size_t at = 0; at < body.size(); at += size) {
      const std::string piece = body.substr(at, size);
      constexpr std::string_view kDigits = "0123456789ab";
      got += one.down(std::string(1, kDigits[piece.size()]) + "\r\n" + piece + "\r\n");
    }
    got += one.down("0\r\nX-Said: " + kReal + "\r\n\r\n");
    http::ChunkReader reader;
    std::string data;
    const std::string chunks = got.substr(got.find("\r\n\r\n") + 4);
    ASSERT_TRUE(reader.take(chunks, &data));
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(data, "<" + kPlaceholder + "><" + kPlaceholder + ">") << size;
    EXPECT_THAT(got, Not(HasSubstr(kReal.substr(0, 20))));
    EXPECT_THAT(one.up(kGet), StartsWith("GET /x"));  // the next one
  }
}

TEST(HttpInspection, OneRequestAtATime) {
  Inspection one;
  const std::string sent =
      one.up(request("POST /a", "Content-Length: 3\r\n") + "abc" + request("HEAD /b") + kGet);
  EXPECT_THAT(sent, testing::EndsWith("\r\n\r\nabc"));
  EXPECT_EQ(one.down("HTTP/1.1 100 Continue\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(one.up(""), "");
  (void)one.down("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_THAT(one.up(""), StartsWith("HEAD /b"));
  (void)one.down("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n");
  EXPECT_THAT(one.up(""), StartsWith("GET /x"));
  EXPECT_FALSE(one.http().idle());
}

TEST(HttpInspection, AnAnswerThatCannotBeReadIsRefused) {
  for (const char* head : {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n",
                           "220 ftp\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"}) {
    Inspection one;
    (void)one.up(kGet);
    EXPECT_EQ(one.down(head), "bad_answer") << head;
  }
  Inspection cut;
  (void)cut.up(kGet);
  (void)cut.down("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_EQ(cut.ended(), "bad_answer");
  Inspection until_close;
  (void)until_close.up(kGet);
  (void)until_close.down("HTTP/1.1 200 OK\r\n\r\nabc" + kReal.substr(0, 10));
  EXPECT_EQ(until_close.ended(), kReal.substr(0, 10));
}

TEST(HttpInspection, AHostOtherThanTheAllowedOneIsRefused) {
  EXPECT_EQ(Inspection().up(request("GET /x", "", "b.example")), "other_name");
  EXPECT_EQ(Inspection().up(request("GET https://b.example/x")), "other_name");
  EXPECT_EQ(Inspection().up(request("GET http://a.example/x")), "protocol");
  EXPECT_EQ(Inspection().up("GET /x HTTP/1.1\r\n\r\n"), "no_name");
  EXPECT_EQ(Inspection().up(request("CONNECT a.example:443")), "protocol");
  EXPECT_EQ(Inspection().up("PRI * HTTP/2.0\r\n\r\n"), "protocol");
}

TEST(HttpInspection, OnlyWhatARuleAllowsIsAsked) {
  const std::vector<const char*> rules = {"a.example GET,HEAD /repos/*", "a.example * /public"};
  const auto asked = [&](const std::string& line, const std::string& fields = "") {
    const std::string out = Inspection(rules, false).up(request(line, fields));
    return out.starts_with(line.substr(0, line.find(' '))) ? "passed" : out;
  };
  EXPECT_EQ(asked("GET /repos/a?page=2"), "passed");
  EXPECT_EQ(asked("POST /public"), "passed");
  EXPECT_EQ(asked("POST /repos/a"), "request_not_allowed");
  EXPECT_EQ(asked("GET /user"), "request_not_allowed");
  EXPECT_EQ(asked("GET /repos/../user"), "request_not_allowed");
  EXPECT_EQ(asked("GET /repos/%2e%2e/user"), "request_not_allowed");
  EXPECT_EQ(asked("GET /repos/a", "X-HTTP-Method-Override: DELETE\r\n"), "request_not_allowed");
  EXPECT_EQ(asked("GET /repos/a", "X-Original-URL: /user\r\n"), "request_not_allowed");
}

TEST(HttpInspection, WhatWouldShowAValueIsNotAsked) {
  EXPECT_EQ(Inspection().up(request("TRACE /x")), "request_not_allowed");
  EXPECT_EQ(Inspection().up(request("GET /x", "Upgrade: websocket\r\nConnection: Upgrade\r\n")),
            "request_not_allowed");
  EXPECT_THAT(Inspection({"a.example"}, false).up(request("GET /x", "Upgrade: websocket\r\n")),
              StartsWith("GET /x"));
}

TEST(HttpInspection, APlaceholderInABodyStaysOne) {
  const std::string post =
      request("POST /x", "Content-Length: " + std::to_string(kPlaceholder.size()) + "\r\n");
  Inspection own;
  EXPECT_THAT(own.up(post + kPlaceholder), testing::EndsWith(kPlaceholder));
  EXPECT_EQ(own.notices.size(), 1U);
  Inspection other({"b.example"}, true, "b.example");
  const std::string to_other =
      request("POST /x", "Content-Length: " + std::to_string(kPlaceholder.size()) + "\r\n", "b.example");
  EXPECT_EQ(other.up(to_other + kPlaceholder), "misused_credential");
}

TEST(HttpInspection, AfterAnUpgradeEverythingPasses) {
  Inspection one({"a.example"}, false);
  (void)one.up(request("GET /x", "Upgrade: websocket\r\n"));
  EXPECT_EQ(one.up("early"), "");
  EXPECT_THAT(one.down("HTTP/1.1 101 Switching Protocols\r\n\r\nframe"), testing::EndsWith("frame"));
  EXPECT_EQ(one.up("more"), "earlymore");
  EXPECT_TRUE(one.http().open());
}

}  // namespace
}  // namespace weir::gateway
