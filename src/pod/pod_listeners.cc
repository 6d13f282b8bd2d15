#include "pod/pod_listeners.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "base/bytes.h"
#include "os/files.h"

namespace weir::pod {
namespace {

// As many as a pod may open at once towards a proxy that is just starting.
constexpr int kBacklog = 1024;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

std::optional<Address> address_of(const PodListener& listener) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, listener.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(listener.port);
    address.length = sizeof *v4;
    return address;
  }
  if (::inet_pton(AF_INET6, listener.address.c_str(), &v6->sin6_addr) != 1) return std::nullopt;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(listener.port);
  address.length = sizeof *v6;
  return address;
}

std::string text_of(const PodListener& listener) {
  return std::string(listener.protocol == PodListener::Protocol::tcp ? "tcp " : "udp ") +
         printable(listener.address, 60) + " port " + std::to_string(listener.port);
}

// RTM_NEWROUTE of "local default dev lo" (rtnetlink(7)): a header, the route, one attribute.
struct RouteRequest {
  nlmsghdr header{};
  rtmsg route{};
  rtattr attribute{};
  std::uint32_t interface = 0;
};
struct RouteAnswer {
  nlmsghdr header{};
  nlmsgerr error{};
};

// 0, or the errno of the kernel's answer.
int add_local_default(int netlink, unsigned char family, std::uint32_t loopback) {
  RouteRequest request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  request.route.rtm_family = family;
  request.route.rtm_table = RT_TABLE_LOCAL;
  request.route.rtm_protocol = RTPROT_BOOT;
  request.route.rtm_scope = RT_SCOPE_HOST;
  request.route.rtm_type = RTN_LOCAL;
  request.attribute.rta_len = RTA_LENGTH(sizeof request.interface);
  request.attribute.rta_type = RTA_OIF;
  request.interface = loopback;
  RouteAnswer answer;
  if (::send(netlink, &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request)) return errno;
  if (::recv(netlink, &answer, sizeof answer, 0) < static_cast<ssize_t>(sizeof answer)) return EPROTO;
  return answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : EPROTO;
}

Status route_everything_home() {
  const os::Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const std::uint32_t loopback = ::if_nametoindex("lo");
  if (!netlink || loopback == 0) return std::unexpected(os::errno_error("no routes in the pod", "lo", errno));
  if (const int error = add_local_default(netlink.get(), AF_INET, loopback); error != 0)
    return std::unexpected(os::errno_error("cannot route the pod's connections", "0.0.0.0/0", error));
  // A kernel may be without IPv6; then there is nothing to be routed.
  const int error = add_local_default(netlink.get(), AF_INET6, loopback);
  if (error != 0 && error != EAFNOSUPPORT && error != EOPNOTSUPP && error != EACCES)
    return std::unexpected(os::errno_error("cannot route the pod's connections", "::/0", error));
  return {};
}

Result<os::Fd> open_listener(const PodListener& listener) {
  const auto address = address_of(listener);
  if (!address) return fail("not an address", text_of(listener));
  const bool tcp = listener.protocol == PodListener::Protocol::tcp;
  const int family = address->storage.ss_family;
  os::Fd fd(::socket(family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (family == AF_INET6 && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->length) != 0 ||
      (tcp && ::listen(fd.get(), kBacklog) != 0))
    return std::unexpected(os::errno_error("cannot listen in the pod", text_of(listener), errno));
  return fd;
}

}  // namespace

Status check_listeners(const PodSpec& spec) {
  if (spec.listeners.empty()) return {};
  if (spec.network != PodNetwork::egress)
    return fail("a pod without egress has no listeners", text_of(spec.listeners[0]));
  if (spec.listeners.size() > kPodListenersMax)
    return fail(ErrorCode::limit, "a pod has at most " + std::to_string(kPodListenersMax) + " listeners",
                "listeners");
  std::set<std::string> taken;
  for (const auto& listener : spec.listeners) {
    if (!address_of(listener)) return fail("not an address", text_of(listener), "write it in numbers");
    if (listener.port == 0) return fail("a listener needs a port", text_of(listener));
    if (!taken.insert(text_of(listener)).second) return fail("two listeners at one place", text_of(listener));
  }
  return {};
}

Result<std::vector<os::Fd>> open_listeners(const PodSpec& spec) {
  std::vector<os::Fd> open;
  if (spec.network != PodNetwork::egress) return open;
  TRY_STATUS(route_everything_home());
  for (const auto& listener : spec.listeners) {
    TRY(os::Fd fd, open_listener(listener));
    open.push_back(std::move(fd));
  }
  return open;
}

}  // namespace weir::pod
