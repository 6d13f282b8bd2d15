// Sockets of a test: bait that listens, and the client's end. An empty Fd where the kernel refused.
//
//   std::uint16_t port = 0;
//   const os::Fd bait = support::listen_loopback(&port);
//   const os::Fd door = support::listen_unix(top + "/socket");
//   const os::Fd abstract = support::listen_unix(std::string(1, 0) + "name");
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "os/fd.h"

namespace weir::support {

inline constexpr int kBacklog = 64;

// A path, or the name of an abstract socket behind a NUL.
inline os::Fd listen_unix(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() > sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, name.data(), name.size());
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (name.starts_with('/') ? 1 : 0));
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(fd.get(), kBacklog) != 0)
    return {};
  return fd;
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// TCP at a free port of 127.0.0.1, which is put into `port`.
inline os::Fd listen_loopback(std::uint16_t* port) {
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), general, length) != 0 || ::listen(fd.get(), kBacklog) != 0 ||
      ::getsockname(fd.get(), general, &length) != 0)
    return {};
  *port = ntohs(address.sin_port);
  return fd;
}

// Reads give up after ten seconds. errno says why there is none.
inline os::Fd dial_loopback(std::uint16_t port) {
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

}  // namespace weir::support
