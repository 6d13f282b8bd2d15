#include "net/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/bytes.h"

namespace weir::net {
namespace {

constexpr std::string_view kUnix = "unix:";

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

template <class Address>
Address as(const sockaddr_storage& storage) {
  Address address;
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

}  // namespace

Endpoint Endpoint::copy(const sockaddr& address, unsigned bytes) {
  Endpoint endpoint;
  CHECK(bytes <= sizeof endpoint.storage_);
  std::memcpy(&endpoint.storage_, &address, bytes);
  endpoint.bytes_ = bytes;
  return endpoint;
}

std::optional<Endpoint> Endpoint::of(std::string_view address, std::uint16_t port) {
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  const std::string text(address);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    return copy(reinterpret_cast<const sockaddr&>(v4), sizeof v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1)
    return copy(reinterpret_cast<const sockaddr&>(v6), sizeof v6);
  return std::nullopt;
}

Result<Endpoint> Endpoint::unix_path(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(ErrorCode::limit, "the path of a socket has 1 to 107 bytes", printable(path, 120));
  std::memcpy(address.sun_path, path.data(), path.size());
  return copy(reinterpret_cast<const sockaddr&>(address), sizeof address);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (text.starts_with(kUnix)) return unix_path(text.substr(kUnix.size()));
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const std::string_view address = text.substr(0, colon);
    const bool bare_v6 = address.find(':') != std::string_view::npos && !address.starts_with('[');
    if (const auto port = read_port(text.substr(colon + 1)); port && !bare_v6)
      if (const auto endpoint = of(address, *port)) return *endpoint;
  }
  return fail("not an address with a port", printable(text, 120), "like 127.0.0.1:8080 or [::1]:8080");
}

std::uint16_t Endpoint::port() const {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(storage_).sin6_port);
  return 0;
}

std::string Endpoint::text() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    const auto address = as<sockaddr_in>(storage_);
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    const auto address = as<sockaddr_in6>(storage_);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(port());
  }
  const auto address = as<sockaddr_un>(storage_);
  const std::size_t room =
      bytes_ > offsetof(sockaddr_un, sun_path) ? bytes_ - offsetof(sockaddr_un, sun_path) : 0;
  return std::string(kUnix) + std::string(address.sun_path, ::strnlen(address.sun_path, room));
}

}  // namespace weir::net
