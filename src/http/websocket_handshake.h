// The upgrade to WebSocket (RFC 6455 section 4), checked and written for both sides. A proxy that stands
// between them checks the client's request and the server's answer to it, and knows what holds on the
// connection.
//
//   TRY(const auto request, check_websocket_request(head));                  // as a server, or between
//   TRY(const auto text, websocket_answer(request, {.protocol = "chat"}));   // as a server
//   TRY(const auto holds, check_websocket_answer(answer_head, request));     // as a client, or between
//   WebSocketReader from_server({.from = WebSocketSide::server, .deflate = holds.deflate});
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/head_writer.h"
#include "http/request_head.h"
#include "http/response_head.h"
#include "http/websocket_deflate.h"

namespace weir::http {

// Views into the head that was checked.
struct WebSocketRequest {
  std::string_view key;
  std::vector<std::string_view> protocols;  // in the client's order
  std::vector<Extension> extensions;
};

// Errors `invalid`: no GET of HTTP/1.1 without a body, Upgrade or Connection that do not say so, not one
// version 13, not one key of 16 bytes, protocols that are no tokens or come twice.
Result<WebSocketRequest> check_websocket_request(const RequestHead& head);

// What holds on a connection.
struct WebSocketAgreement {
  std::string protocol;  // "": none
  std::optional<DeflateParameters> deflate;
};
// Errors `invalid`: no 101, another accept value than the key's, a protocol or extension that was not
// offered.
Result<WebSocketAgreement> check_websocket_answer(const ResponseHead& head, const WebSocketRequest& request);

// The whole head of a server that agrees. Error `invalid` for a protocol that was not offered.
Result<std::string> websocket_answer(const WebSocketRequest& request, const WebSocketAgreement& agreement);

// A client's request; fields of the caller's own may be added. `nonce`: 16 random bytes.
struct WebSocketAsk {
  std::string target;
  std::string host;
  std::array<std::uint8_t, 16> nonce;
  std::vector<std::string> protocols;
  std::optional<DeflateParameters> deflate;  // offered
};
HeadWriter websocket_request(const WebSocketAsk& ask);

// Sec-WebSocket-Accept of a key: base64 of the SHA-1 of the key and the standard's GUID.
std::string websocket_accept(std::string_view key);

}  // namespace weir::http
