// The proxy through which this machine reaches the internet, as its person's programs are told of it:
// HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY. The egress proxy then dials that one and asks it for the
// destination (CONNECT, RFC 9110 section 9.3.6). Values only.
//
//   const Upstream upstream = upstream_from_environment(os::environment());
//   if (const UpstreamProxy* via = upstream.find(rule, host, port)) … dial *via, send via->request(host,
//   port) …
//
// Who decides where the destination's name leads is then that proxy: its address cannot be checked,
// everything else is (docs/egress.md). The pod sees nothing of it. A proxy's credentials are in
// `authorization` and nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "gateway/egress_rule.h"

namespace weir::gateway {

inline constexpr std::size_t kConnectReplyBytesMax = std::size_t{16} * 1024;
inline constexpr std::size_t kNoProxyItemsMax = 256;

struct UpstreamProxy {
  Host host;
  std::uint16_t port = 0;
  std::string authorization;  // of Proxy-Authorization; "" for none. Secret

  std::string text() const;  // "proxy.example:3128"
  std::string request(const Host& destination, std::uint16_t destination_port) const;
  bool operator==(const UpstreamProxy&) const = default;
};

struct Upstream {
  std::optional<UpstreamProxy> secure;  // HTTPS_PROXY: every port but 80
  std::optional<UpstreamProxy> plain;   // HTTP_PROXY: port 80
  // NO_PROXY: "*", a name with all names below it, an address or a network (10.0.0.0/8), each with or without
  // a port.
  std::vector<std::string> direct;
  std::vector<std::string> notes;  // what is set and cannot be used, for the person; names no value

  bool any() const { return secure || plain; }
  // Null: dialled directly. So are the host's loopback, --allow-private and addresses that are not of the
  // internet.
  const UpstreamProxy* find(const EgressRule& rule, const Host& host, std::uint16_t port) const;
};

// As curl and others read them: lower-case names first, ALL_PROXY where neither is set. Only http:// proxies.
Upstream upstream_from_environment(const std::map<std::string, std::string>& environment);

// For the process that dials: with the credentials.
Json to_json(const Upstream& upstream);
Result<Upstream> upstream_from_json(const Json& json);

// The answer to CONNECT. None while its head is not complete; an Error for what is none, or is too long.
struct ConnectReply {
  std::size_t bytes = 0;  // of the head; what follows is the destination's
  int status = 0;         // 200 to 299: it is connected
};
Result<std::optional<ConnectReply>> parse_connect_reply(std::string_view bytes);

}  // namespace weir::gateway
