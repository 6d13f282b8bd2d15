#include "gateway/egress_dns.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "gateway/dns_message.h"
#include "gateway/gateway_limits.h"
#include "os/clock.h"
#include "os/files.h"

namespace weir::gateway {
namespace {

constexpr std::uint32_t kTtlSeconds = 30;
constexpr std::int64_t kTcpMs = 10'000;  // a connection on which nothing moves
constexpr int kMessagesAtOnce = 64;
constexpr std::size_t kLengthBytes = 2;

bool must_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// "4.3.2.1.in-addr.arpa": what programs ask to show a name for an address. Refused like all, not worth a
// line.
bool is_reverse(std::string_view name) {
  return to_lower_ascii(name).ends_with(".arpa");
}

}  // namespace

std::optional<std::string> EgressDns::answer(std::string_view message) {
  const auto query = parse_dns_query(message);
  if (!query) return std::nullopt;
  const auto without = [&](DnsCode code) { return dns_answer(*query, code, std::nullopt, 0); };
  if (query->code != DnsCode::no_error) return without(query->code);
  if (!query->internet) return without(DnsCode::refused);
  const auto host = canonical_host(query->name);
  if (!host || host->address || !policy_.has_name(host->text)) {
    if (!is_reverse(query->name))
      tell_({.what = EgressEvent::What::refused,
             .via = "dns",
             .host = host ? host->text : query->name,
             .refusal = host ? Refusal::host_not_allowed : Refusal::bad_host});
    return without(DnsCode::no_such_name);
  }
  if (query->type != dns_type::kA) return without(DnsCode::no_error);
  const auto address = names_.address_of(host->text);
  if (!address || (named_ && !named_(*address, host->text))) return without(DnsCode::server_failure);
  return dns_answer(*query, DnsCode::no_error, address, kTtlSeconds);
}

Result<DnsUdp> DnsUdp::create(os::Fd socket, EgressDns& dns) {
  const int on = 1;
  int family = 0;
  socklen_t size = sizeof family;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 ||
      ::setsockopt(socket.get(), family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
                   family == AF_INET6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof on) != 0)
    return std::unexpected(os::errno_error("not a socket for DNS", "egress", errno));
  return DnsUdp(std::move(socket), dns);
}

void DnsUdp::ready(int /*fd*/, std::uint32_t /*events*/) {
  for (int i = 0; i < kMessagesAtOnce; ++i)
    if (!answer_one()) return;
}

// The control message that came, which names the address that was asked, goes back as the source.
bool DnsUdp::answer_one() {
  std::array<char, limits::kDnsQueryBytesMax> bytes;
  alignas(cmsghdr) std::array<char, 256> control{};
  sockaddr_storage from{};
  iovec data{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
  if (n < 0) return false;
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return true;
  auto answer = dns_->answer({bytes.data(), static_cast<std::size_t>(n)});
  if (!answer) return true;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(one), sizeof info);
      info.ipi_spec_dst = info.ipi_addr;
      info.ipi_ifindex = 0;
      std::memcpy(CMSG_DATA(one), &info, sizeof info);
    }
  }
  data = {answer->data(), answer->size()};
  message.msg_flags = 0;
  (void)::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return true;
}

DnsTcp::DnsTcp(os::Fd client, EgressDns& dns, Poller& poller)
    : client_(std::move(client)), dns_(dns), poller_(poller) {}

DnsTcp::~DnsTcp() {
  end();
}

void DnsTcp::begin() {
  deadline_ms_ = os::monotonic_ns() / 1'000'000 + kTcpMs;
  if (!poller_.watch(client_.get(), EPOLLIN, *this)) end();
}

void DnsTcp::ready(int /*fd*/, std::uint32_t /*events*/) {
  if (out_.empty()) {
    std::array<char, limits::kDnsQueryBytesMax + kLengthBytes> bytes;
    const ssize_t n = ::recv(client_.get(), bytes.data(), bytes.size(), 0);
    if (n < 0 && must_wait()) return;
    if (n <= 0) return end();
    in_.append(bytes.data(), static_cast<std::size_t>(n));
    if (!answer_waiting()) return end();
  }
  if (!out_.empty()) {
    const ssize_t n = ::send(client_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (n < 0 && !must_wait()) return end();
    if (n > 0) out_.erase(0, static_cast<std::size_t>(n));
    deadline_ms_ = os::monotonic_ns() / 1'000'000 + kTcpMs;
  }
  if (!poller_.watch(client_.get(), out_.empty() ? EPOLLIN : EPOLLOUT, *this)) end();
}

// All whole messages; false when one is not to be answered.
bool DnsTcp::answer_waiting() {
  while (in_.size() >= kLengthBytes) {
    const std::size_t length =
        static_cast<std::size_t>(static_cast<std::uint8_t>(in_[0])) << 8 | static_cast<std::uint8_t>(in_[1]);
    if (length > limits::kDnsQueryBytesMax) return false;
    if (in_.size() < kLengthBytes + length) return true;
    const auto answer = dns_.answer(std::string_view(in_).substr(kLengthBytes, length));
    if (!answer) return false;
    out_ += static_cast<char>(answer->size() >> 8);
    out_ += static_cast<char>(answer->size() & 0xff);
    out_ += *answer;
    in_.erase(0, kLengthBytes + length);
  }
  return true;
}

void DnsTcp::tick(std::int64_t now_ms) {
  if (now_ms >= deadline_ms_) end();
}

void DnsTcp::end() {
  poller_.forget(client_.get());
  client_.reset();
}

}  // namespace weir::gateway
