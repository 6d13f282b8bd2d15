#include "pod/pod_channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/files.h"
#include "pod/pod_wire.h"

namespace weir::pod {
namespace {

// A message passes whole or not at all; the kernel's default buffer holds 208 KiB.
constexpr std::size_t kMessageBytesMax = std::size_t{128} << 10;

bool send_one(int fd, char kind, const std::string& text) {
  const std::string bytes = kind + text.substr(0, kMessageBytesMax - 1);
  ssize_t sent = 0;
  do
    sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

// The bytes of the message that comes next, left where it is; 0 when the other end has gone. An end that
// closes with something unread makes the kernel report ECONNRESET once, at any moment before what it had
// said.
std::size_t next_size(int fd) {
  ssize_t n = 0;
  do
    n = ::recv(fd, nullptr, 0, MSG_PEEK | MSG_TRUNC);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  return n > 0 ? std::min(static_cast<std::size_t>(n), kMessageBytesMax) : 0;
}

std::optional<PodMessage> receive_one(int fd) {
  std::string bytes(next_size(fd), '\0');
  if (bytes.empty()) return std::nullopt;
  ssize_t n = 0;
  do
    n = ::recv(fd, bytes.data(), bytes.size(), 0);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n <= 0) return std::nullopt;
  return PodMessage{bytes[0], bytes.substr(1, static_cast<std::size_t>(n) - 1)};
}

}  // namespace

Result<PodChannel> PodChannel::make() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(os::errno_error("cannot make a channel to the pod", "socketpair", errno));
  PodChannel channel;
  channel.outer_ = os::Fd(ends[0]);
  channel.inner_ = os::Fd(ends[1]);
  return channel;
}

PodChannel PodChannel::inside(os::Fd inner) {
  PodChannel channel;
  channel.inner_ = std::move(inner);
  return channel;
}

PodChannel PodChannel::outside(os::Fd outer) {
  PodChannel channel;
  channel.outer_ = std::move(outer);
  return channel;
}

bool PodChannel::say(char kind, const std::string& text) const {
  return send_one(inner_.get(), kind, text);
}

// Descriptors travel as ancillary data (unix(7), SCM_RIGHTS).
bool PodChannel::say_listeners(const std::vector<os::Fd>& listeners) const {
  alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int) * kPodListenersMax)] = {};
  char kind = 'F';
  iovec bytes{&kind, 1};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = ancillary;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * listeners.size());
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * listeners.size());
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const int fd = listeners[i].get();
    std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
  }
  return ::sendmsg(inner_.get(), &message, MSG_NOSIGNAL) == 1;
}

bool PodChannel::say_report(const Result<PodReport>& report) const {
  return report ? say('R', encode(*report)) : say('E', encode(report.error()));
}

bool PodChannel::wait_for(char kind) const {
  const auto message = receive_one(inner_.get());
  return message && message->kind == kind;
}

bool PodChannel::tell(char kind) const {
  return send_one(outer_.get(), kind, "");
}

// In parts, since a message has a limit: 'p' for each but the last.
bool PodChannel::tell_all(std::string_view bytes) const {
  constexpr std::size_t kPartBytes = std::size_t{64} << 10;
  for (; bytes.size() > kPartBytes; bytes.remove_prefix(kPartBytes))
    if (!send_one(outer_.get(), 'p', std::string(bytes.substr(0, kPartBytes)))) return false;
  return send_one(outer_.get(), 'b', std::string(bytes));
}

std::optional<std::string> PodChannel::wait_for_all() const {
  std::string bytes;
  while (const auto message = receive_one(inner_.get())) {
    if (message->kind != 'p' && message->kind != 'b') return std::nullopt;
    bytes += message->text;
    if (message->kind == 'b') return bytes;
  }
  return std::nullopt;
}

std::optional<PodMessage> PodChannel::hear() const {
  return receive_one(outer_.get());
}

Result<std::vector<os::Fd>> PodChannel::hear_listeners() const {
  alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int) * kPodListenersMax)];
  std::string text(next_size(outer_.get()), '\0');
  iovec bytes{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = ancillary;
  message.msg_controllen = sizeof ancillary;
  ssize_t n = 0;
  do
    n = ::recvmsg(outer_.get(), &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  std::vector<os::Fd> listeners;
  for (cmsghdr* one = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr; one != nullptr;
       one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= one->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(one) + at, sizeof fd);
      listeners.emplace_back(fd);
    }
  }
  if (n > 0 && text[0] == 'E')
    return std::unexpected(decode_error(text.substr(1, static_cast<std::size_t>(n) - 1)));
  if (n <= 0 || text[0] != 'F' || listeners.empty())
    return fail(ErrorCode::internal, "the pod ended before it handed over its listeners", "pod");
  return listeners;
}

Result<PodReport> PodChannel::hear_report() const {
  const auto message = hear();
  if (!message) return fail(ErrorCode::internal, "the pod ended before it said that it is ready", "pod");
  if (message->kind == 'E') return std::unexpected(decode_error(message->text));
  if (message->kind != 'R') return fail(ErrorCode::internal, "the pod did not report", "pod");
  return decode_report(message->text);
}

}  // namespace weir::pod
