// What a client asks of an HTTP proxy (RFC 9110 section 9.3.6, RFC 9112 section 3.2.2): a tunnel by CONNECT,
// or one plain request whose target is a whole URL.
//
//   TRY(auto request, read_proxy_request(bytes));   // none: more is needed; Error: answer 400
//   request->host, request->port, request->tunnel
//   request->head     // of a plain request: what the server gets instead of what the client sent
//
// A plain request is sent as to the server itself: the path for a target, our Host, without the fields that
// are for the proxy, and "Connection: close", so that the next request of this client, perhaps to another
// host, comes on a connection of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/host_name.h"
#include "http/request_head.h"

namespace weir::gateway {

struct ProxyRequest {
  Host host;
  std::uint16_t port = 0;
  bool tunnel = false;
  std::string head;           // "" for a tunnel
  http::BodyFraming framing;  // of a plain request's body
  std::size_t bytes = 0;      // of the input
};
Result<std::optional<ProxyRequest>> read_proxy_request(std::string_view bytes);

}  // namespace weir::gateway
