#include "gateway/egress_link.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/wire.h"
#include "gateway/gateway_limits.h"
#include "gateway/host_name.h"
#include "os/files.h"

namespace weir::gateway {
namespace {

using Kind = LinkMessage::Kind;

bool must_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS;
}

void write(WireWriter& out, const SocketEnd& end) {
  const auto& bytes = end.address.bytes();
  out.flag(end.address.is_v4()).text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  out.number(end.port);
}

std::optional<SocketEnd> read_end(WireReader& in) {
  const std::uint64_t v4 = in.number();
  const std::string text = in.text();
  const std::uint64_t port = in.number();
  std::array<std::uint8_t, 16> bytes{};
  if (v4 > 1 || text.size() != bytes.size() || port > UINT16_MAX) return std::nullopt;
  std::copy(text.begin(), text.end(), bytes.begin());
  SocketEnd end{IpAddress::v6(bytes), static_cast<std::uint16_t>(port)};
  if (v4 == 0 && bytes == decltype(bytes){}) end.address = IpAddress();
  if (end.address.is_v4() != (v4 == 1)) return std::nullopt;
  return end;
}

bool is_canonical(const std::string& host) {
  const auto canonical = canonical_host(host);
  return canonical && canonical->text == host;
}

}  // namespace

std::string encode(const LinkMessage& message) {
  WireWriter out;
  out.number(static_cast<std::uint64_t>(message.kind)).number(message.call).number(message.question);
  out.flag(message.allowed).flag(message.socks);
  write(out, message.source);
  write(out, message.destination);
  return out.text(message.host).take();
}

Result<LinkMessage> decode_link_message(std::string_view bytes) {
  WireReader in(bytes);
  LinkMessage message;
  const std::uint64_t kind = in.number();
  message.call = in.number();
  message.question = in.number();
  const std::uint64_t allowed = in.number();
  const std::uint64_t socks = in.number();
  const auto source = read_end(in);
  const auto destination = read_end(in);
  message.host = in.text();
  const bool flags = allowed <= 1 && socks <= 1 && kind <= static_cast<std::uint64_t>(Kind::ended);
  if (!in.ok_to_the_end() || !flags || !source || !destination ||
      (!message.host.empty() && !is_canonical(message.host)))
    return fail(ErrorCode::corrupt, "not a message between supervisor and egress proxy");
  message.kind = static_cast<Kind>(kind);
  message.allowed = allowed == 1;
  message.socks = socks == 1;
  message.source = *source;
  message.destination = *destination;
  return message;
}

Result<std::pair<os::Fd, os::Fd>> EgressLink::make_ends() {
  constexpr int kBufferBytes = 1 << 20;  // the kernel takes as much of it as it allows
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return std::unexpected(os::errno_error("no channel to the egress proxy", "socketpair", errno));
  for (const int end : ends)
    (void)::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kBufferBytes, sizeof kBufferBytes);
  return std::pair(os::Fd(ends[0]), os::Fd(ends[1]));
}

bool EgressLink::send(const LinkMessage& message) {
  if (gone_ || waiting_.size() >= limits::kLinkQueueMax) return false;
  waiting_.push_back(encode(message));
  flush();
  return !gone_;
}

void EgressLink::flush() {
  while (!gone_ && !waiting_.empty()) {
    const std::string& bytes = waiting_.front();
    if (::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
      gone_ = !must_wait();
      return;
    }
    waiting_.pop_front();
  }
}

std::optional<LinkMessage> EgressLink::receive() {
  flush();
  if (gone_) return std::nullopt;
  std::array<char, limits::kLinkMessageBytesMax> bytes;
  const ssize_t n = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && must_wait()) return std::nullopt;
  auto message = n > 0 ? decode_link_message({bytes.data(), static_cast<std::size_t>(n)})
                       : Result<LinkMessage>(fail("closed"));
  if (message) return *std::move(message);
  gone_ = true;
  return std::nullopt;
}

}  // namespace weir::gateway
