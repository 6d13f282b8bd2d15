#include "pod/socket_place.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace weir::pod {
namespace {

SocketPlace place_of(in_addr address, std::uint16_t port) {
  if (address.s_addr == htonl(INADDR_ANY)) address.s_addr = htonl(INADDR_LOOPBACK);
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &address, text, sizeof text);
  return {text, port, ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET};
}

SocketPlace place_of(in6_addr address, std::uint16_t port) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr four{};
    std::memcpy(&four, address.s6_addr + 12, sizeof four);
    return place_of(four, port);
  }
  if (IN6_IS_ADDR_UNSPECIFIED(&address)) address = in6addr_loopback;
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &address, text, sizeof text);
  return {text, port, IN6_IS_ADDR_LOOPBACK(&address) != 0};
}

}  // namespace

std::optional<SocketPlace> socket_place(std::span<const char> address, int family) {
  constexpr std::size_t kShortestV6 = 24;  // without the scope: SIN6_LEN_RFC2133 of the kernel
  sa_family_t said = AF_UNSPEC;
  if (address.size() < sizeof said) return std::nullopt;
  std::memcpy(&said, address.data(), sizeof said);
  if (said != family) return std::nullopt;
  if (said == AF_INET && address.size() >= sizeof(sockaddr_in)) {
    sockaddr_in four{};
    std::memcpy(&four, address.data(), sizeof four);
    return place_of(four.sin_addr, ntohs(four.sin_port));
  }
  if (said == AF_INET6 && address.size() >= kShortestV6) {
    sockaddr_in6 six{};
    std::memcpy(&six, address.data(), std::min(address.size(), sizeof six));
    return place_of(six.sin6_addr, ntohs(six.sin6_port));
  }
  return std::nullopt;
}

std::optional<SocketPlace> own_place(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  return socket_place({reinterpret_cast<const char*>(&storage), std::min<std::size_t>(size, sizeof storage)},
                      storage.ss_family);
}

}  // namespace weir::pod
