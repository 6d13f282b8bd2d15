#include "gateway/socks5.h"

#include <array>

namespace weir::gateway {
namespace {

constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kConnect = 1;
constexpr std::uint8_t kTypeV4 = 1;
constexpr std::uint8_t kTypeName = 3;
constexpr std::uint8_t kTypeV6 = 4;
constexpr char kNoAuthentication = 0;
constexpr std::size_t kHeadBytes = 4;

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

Host host_of(const IpAddress& address) {
  return {address.text(), address};
}

// The host of a request; an Error is told to the client, not the end of the protocol.
Result<Host> read_host(std::uint8_t type, std::string_view raw) {
  if (type == kTypeName) return canonical_host(raw);
  if (type == kTypeV4) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i)
      bits = bits << 8 | byte_at(raw, i);
    return host_of(IpAddress::v4(bits));
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = byte_at(raw, i);
  return host_of(IpAddress::v6(bytes));
}

}  // namespace

Result<std::optional<SocksGreeting>> parse_socks_greeting(std::string_view bytes) {
  if (!bytes.empty() && byte_at(bytes, 0) != kVersion) return fail("not SOCKS version 5");
  if (bytes.size() < 2) return std::optional<SocksGreeting>();
  const std::size_t whole = std::size_t{2} + byte_at(bytes, 1);
  if (bytes.size() < whole) return std::optional<SocksGreeting>();
  return std::optional(SocksGreeting{bytes.substr(2, whole - 2).contains(kNoAuthentication), whole});
}

Result<std::optional<SocksRequest>> parse_socks_request(std::string_view bytes) {
  if (!bytes.empty() && byte_at(bytes, 0) != kVersion) return fail("not SOCKS version 5");
  if (bytes.size() <= kHeadBytes) return std::optional<SocksRequest>();
  const std::uint8_t type = byte_at(bytes, 3);
  if (byte_at(bytes, 2) != 0 || (type != kTypeV4 && type != kTypeName && type != kTypeV6))
    return fail("not a SOCKS5 request");
  const std::size_t host_at = type == kTypeName ? kHeadBytes + 1 : kHeadBytes;
  const std::size_t host_bytes = type == kTypeV4 ? 4 : type == kTypeV6 ? 16 : byte_at(bytes, kHeadBytes);
  if (bytes.size() < host_at + host_bytes + 2) return std::optional<SocksRequest>();
  const std::size_t port_at = host_at + host_bytes;
  SocksRequest request;
  request.bytes = port_at + 2;
  request.port = static_cast<std::uint16_t>(byte_at(bytes, port_at) << 8 | byte_at(bytes, port_at + 1));
  auto host = read_host(type, bytes.substr(host_at, host_bytes));
  if (byte_at(bytes, 1) != kConnect) {
    request.refusal = SocksReply::command_not_supported;
    request.problem = "a SOCKS command other than CONNECT";
  } else if (!host || request.port == 0) {
    request.refusal = SocksReply::not_allowed;
    request.problem = host ? "port 0" : host.error().what;
  }
  if (host) request.host = *std::move(host);
  return std::optional(std::move(request));
}

std::string socks_method_answer(bool accepted) {
  return {kVersion, static_cast<char>(accepted ? 0 : 0xff)};
}

std::string socks_answer(SocksReply reply) {
  return {kVersion, static_cast<char>(reply), 0, kTypeV4, 0, 0, 0, 0, 0, 0};
}

}  // namespace weir::gateway
