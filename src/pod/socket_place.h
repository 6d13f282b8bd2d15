// Where a socket address leads, as values. Inside the room only.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace weir::pod {

// An address of IPv4 or IPv6 and a port. An IPv4 address mapped into IPv6 is the IPv4 address, and "any
// address" is the loopback, where the kernel takes it.
struct SocketPlace {
  std::string address;  // in numbers
  std::uint16_t port = 0;
  bool loopback = false;
  bool operator==(const SocketPlace&) const = default;
};

// None: too short, or another family than `family`, which is the socket's own (the kernel refuses both).
std::optional<SocketPlace> socket_place(std::span<const char> address, int family);

// Our end of a socket; none when it has none.
std::optional<SocketPlace> own_place(int socket);

}  // namespace weir::pod
