#include "http/websocket_handshake.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace weir::http {
namespace {

// RFC 6455 section 1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string request_text(std::string_view without = "", std::string_view instead = "") {
  std::string text = "GET /chat HTTP/1.1\r\nHost: a.example\r\n";
  for (const std::string_view line :
       {"Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"})
    text += std::string(!without.empty() && line.starts_with(without) ? instead : line) + "\r\n";
  while (text.contains("\r\n\r\n"))
    text.erase(text.find("\r\n\r\n"), 2);
  return text + "\r\n";
}

Result<WebSocketRequest> checked(const std::string& text) {
  return check_websocket_request(**parse_request_head(text));
}

TEST(WebSocketHandshake, TheExampleOfTheStandard) {
  EXPECT_EQ(websocket_accept(kKey), kAccept);
  const std::string text = request_text();
  const auto request = checked(text);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->key, kKey);
  EXPECT_EQ(request->protocols, (std::vector<std::string_view>{"chat", "superchat"}));
  ASSERT_EQ(request->extensions.size(), 1U);
  const auto answer = websocket_answer(*request, {.protocol = "chat", .deflate = DeflateParameters()});
  ASSERT_TRUE(answer);
  const auto agreed = check_websocket_answer(**parse_response_head(*answer, false), *request);
  ASSERT_TRUE(agreed) << agreed.error().message();
  EXPECT_EQ(agreed->protocol, "chat");
  EXPECT_EQ(agreed->deflate, DeflateParameters());
}

TEST(WebSocketHandshake, RequestsThatAreNone) {
  using Change = std::pair<std::string_view, std::string_view>;
  for (const auto& [line, instead] :
       {Change{"Upgrade", ""}, Change{"Upgrade", "Upgrade: h2c"}, Change{"Connection", "Connection: close"},
        Change{"Sec-WebSocket-V", "Sec-WebSocket-Version: 8"}, Change{"Sec-WebSocket-V", ""},
        Change{"Sec-WebSocket-V", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"},
        Change{"Sec-WebSocket-K", ""}, Change{"Sec-WebSocket-K", "Sec-WebSocket-Key: dGhl"},
        Change{"Sec-WebSocket-K", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"},
        Change{"Sec-WebSocket-P", "Sec-WebSocket-Protocol: chat, chat"},
        Change{"Sec-WebSocket-P", "Sec-WebSocket-Protocol: chat,"},
        Change{"Sec-WebSocket-P", "Sec-WebSocket-Protocol: a b"},
        Change{"Sec-WebSocket-E", "Sec-WebSocket-Extensions: permessage-deflate;"},
        Change{"Sec-WebSocket-E", "Sec-WebSocket-Extensions: a; b=\"c d\""},
        Change{"Sec-WebSocket-E", "Content-Length: 3"}})
    EXPECT_FALSE(checked(request_text(line, instead))) << line << " -> " << instead;
  std::string post = request_text();
  post.replace(0, 3, "POST");
  EXPECT_FALSE(checked(post));
}

TEST(WebSocketHandshake, AnswersThatDoNotAgree) {
  const std::string text = request_text();
  const auto request = checked(text);
  const std::string good = *websocket_answer(*request, {.protocol = "chat", .deflate = {}});
  const auto with = [&](std::string_view what, std::string_view by) {
    std::string answer = good;
    answer.replace(answer.find(what), what.size(), by);
    return check_websocket_answer(**parse_response_head(answer, false), *request);
  };
  EXPECT_TRUE(with("chat", "superchat"));
  EXPECT_FALSE(with("101", "200"));
  EXPECT_FALSE(with("s3pP", "S3pP"));
  EXPECT_FALSE(with(": chat", ": Chat"));
  EXPECT_FALSE(with(": chat", ": chat, superchat"));
  EXPECT_FALSE(with(": chat", ": chat\r\nSec-WebSocket-Protocol: chat"));
  EXPECT_FALSE(with("Upgrade: websocket", "Upgrade: x"));
  EXPECT_FALSE(with("Connection: Upgrade", "Connection: close"));
  EXPECT_FALSE(with("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x-webkit-deflate-frame\r\n\r\n"));
  EXPECT_FALSE(websocket_answer(*request, {.protocol = "other", .deflate = {}}));
}

TEST(WebSocketHandshake, WhatAClientAsksIsUnderstood) {
  WebSocketAsk ask{
      .target = "/v1", .host = "a.example", .nonce = {}, .protocols = {"x"}, .deflate = DeflateParameters()};
  const auto text = websocket_request(ask).add("Authorization", "Bearer x").text();
  ASSERT_TRUE(text);
  const auto head = parse_request_head(*text);
  const auto request = check_websocket_request(**head);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(accept_deflate(request->extensions, {}), DeflateParameters());
  EXPECT_FALSE(
      websocket_request({.target = "/", .host = "a\r\nX: y", .nonce = {}, .protocols = {}, .deflate = {}})
          .text());
}

// ---- permessage-deflate

std::vector<Extension> extensions(std::string_view text) {
  const auto all = parse_extensions({{"Sec-WebSocket-Extensions", text}});
  EXPECT_TRUE(all) << text;
  return all.value_or(std::vector<Extension>());
}

std::string accepted(std::string_view offer, const DeflateParameters& mine = {}) {
  const auto agreed = accept_deflate(extensions(offer), mine);
  return agreed ? extension_text(*agreed) : "none";
}

TEST(DeflateNegotiation, AServerTakesTheFirstOfferThatItCan) {
  EXPECT_EQ(accepted("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(accepted("x, permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(accepted("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(accepted("permessage-deflate; server_max_window_bits=10"),
            "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(accepted("permessage-deflate; client_max_window_bits=\"9\""),
            "permessage-deflate; client_max_window_bits=9");
  EXPECT_EQ(accepted("permessage-deflate; server_max_window_bits=8, permessage-deflate"),
            "permessage-deflate");
  const DeflateParameters small{true, true, 11, 12};
  EXPECT_EQ(accepted("permessage-deflate", small),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=11");
  EXPECT_EQ(accepted("permessage-deflate; client_max_window_bits", small),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=11; client_max_window_bits=12");
}

TEST(DeflateNegotiation, OffersThatTheStandardDeclines) {
  for (const char* offer :
       {"permessage-bzip2", "permessage-deflate; x", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=010", "permessage-deflate; server_max_window_bits=x",
        "permessage-deflate; client_max_window_bits=0", "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover"})
    EXPECT_EQ(accepted(offer), "none") << offer;
}

TEST(DeflateNegotiation, AnAnswerKeepsToWhatWasOffered) {
  const auto answered = [](std::string_view offers, std::string_view answer) {
    return deflate_answered(extensions(offers), extensions(answer));
  };
  const std::string_view both =
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=12, permessage-deflate";
  EXPECT_EQ(*answered(both, "permessage-deflate; server_max_window_bits=9; client_max_window_bits=11"),
            (DeflateParameters{false, false, 9, 11}));
  EXPECT_EQ(*answered(both, "permessage-deflate; client_no_context_takeover"),
            (DeflateParameters{false, true, 15, 15}));
  EXPECT_FALSE(answered(both, "permessage-deflate; client_max_window_bits=13; server_max_window_bits=10"));
  EXPECT_FALSE(answered("permessage-deflate", "permessage-deflate; client_max_window_bits=10"));
  EXPECT_FALSE(answered("permessage-deflate; server_no_context_takeover", "permessage-deflate"));
  EXPECT_FALSE(answered("permessage-deflate; server_max_window_bits=10", "permessage-deflate"));
  EXPECT_FALSE(
      answered("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits"));
  EXPECT_FALSE(answered("permessage-deflate", "permessage-deflate, permessage-deflate"));
  EXPECT_FALSE(answered("x", "permessage-deflate"));
  EXPECT_FALSE(*deflate_answered(extensions("permessage-deflate"), {}));
}

}  // namespace
}  // namespace weir::http
