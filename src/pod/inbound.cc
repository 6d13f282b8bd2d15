#include "pod/inbound.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "os/files.h"

namespace weir::pod {
namespace {

// net.ipv4.ip_unprivileged_port_start of a new network namespace; programs of a pod have no privilege.
constexpr std::uint16_t kFirstPort = 1024;

// Non-blocking, and connecting to 127.0.0.1: what becomes of it is seen by who gets it.
os::Fd connect_to(std::uint16_t port) {
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    fd.reset();
  return fd;
}

// One byte, with the socket where there is one (unix(7), SCM_RIGHTS).
bool answer(int inner, const os::Fd& socket) {
  alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int))] = {};
  char word = socket ? 'S' : 'N';
  iovec bytes{&word, 1};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (socket) {
    message.msg_control = ancillary;
    message.msg_controllen = sizeof ancillary;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = socket.get();
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t sent = 0;
  do
    sent = ::sendmsg(inner, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent == 1;
}

bool has_nothing() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Status check_published(const PodSpec& spec) {
  if (spec.published.empty()) return {};
  if (spec.network == PodNetwork::none)
    return fail("a pod without network has no ports", "network: none", "take a profile with network: local");
  if (spec.published.size() > kPodPublishedMax)
    return fail(ErrorCode::limit,
                "a pod has at most " + std::to_string(kPodPublishedMax) + " published ports", "published");
  std::set<std::uint16_t> taken;
  for (const std::uint16_t port : spec.published) {
    const std::string text = "port " + std::to_string(port);
    if (port < kFirstPort)
      return fail("nothing in a pod can listen below port 1024", text,
                  "let the program listen higher: 8080:8000 leads from 8080 outside to 8000 inside");
    if (!taken.insert(port).second) return fail("a port is published twice", text);
    for (const auto& listener : spec.listeners)
      if (listener.protocol == PodListener::Protocol::tcp && listener.port == port)
        return fail("this port of the pod belongs to its way out", text, "let the program listen at another");
  }
  return {};
}

Result<std::vector<os::Fd>> make_inbound() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(os::errno_error("cannot make a way into the pod", "socketpair", errno));
  std::vector<os::Fd> both;
  both.emplace_back(ends[0]);
  both.emplace_back(ends[1]);
  return both;
}

bool answer_inbound(int inner, const std::vector<std::uint16_t>& published) {
  std::uint16_t port = 0;
  const ssize_t n = ::recv(inner, &port, sizeof port, MSG_DONTWAIT);
  if (n < 0) return has_nothing();
  if (n != sizeof port || std::ranges::find(published, port) == published.end()) return false;
  return answer(inner, connect_to(port));
}

bool InboundLink::ask(std::uint16_t port) const {
  ssize_t sent = 0;
  do
    sent = ::send(fd_.get(), &port, sizeof port, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == sizeof port;
}

std::optional<InboundLink::Answer> InboundLink::hear() const {
  alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int))];
  char word = 0;
  iovec bytes{&word, 1};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = ancillary;
  message.msg_controllen = sizeof ancillary;
  const ssize_t n = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0 && has_nothing()) return std::nullopt;
  Answer heard;
  heard.ended = n <= 0;
  const cmsghdr* const header = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    heard.socket = os::Fd(fd);
  }
  return heard;
}

}  // namespace weir::pod
