// Where a socket is: an IP address with a port, or the path of a Unix socket.
//
//   TRY(auto where, Endpoint::parse("127.0.0.1:8080"));    // "[::1]:0", "unix:/run/weir/api.sock"
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::net {

class Endpoint {
 public:
  // Numbers only, no names. Error `invalid`.
  static Result<Endpoint> parse(std::string_view text);
  // An address as text without a port, IPv6 with brackets or without; none: not an address.
  static std::optional<Endpoint> of(std::string_view address, std::uint16_t port);
  static Result<Endpoint> unix_path(std::string_view path);
  static Endpoint copy(const sockaddr& address, unsigned bytes);

  const sockaddr& address() const { return reinterpret_cast<const sockaddr&>(storage_); }
  unsigned bytes() const { return bytes_; }
  int family() const { return storage_.ss_family; }
  std::uint16_t port() const;  // 0 for a Unix socket
  std::string text() const;    // as parse() reads it

 private:
  sockaddr_storage storage_{};
  unsigned bytes_ = 0;
};

}  // namespace weir::net
