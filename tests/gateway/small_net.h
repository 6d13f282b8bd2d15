// Networks for tests, in the test program's own namespaces: servers at public addresses in one, clients that
// dial as programs in a pod do in the other.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/ip_address.h"
#include "os/fd.h"
#include "os/process.h"
#include "support/namespaces.h"

namespace weir::gateway {

// The two networks of a test: the host's, where the servers are, and the pod's, where programs dial. In both
// every address is local.
struct Networks {
  std::string problem;  // "" when there are two
  os::Fd host;
  os::Fd pod;
};

inline std::string route_everything_home() {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"ip", "link", "set", "lo", "up"},
        {"ip", "route", "add", "local", "0.0.0.0/0", "dev", "lo"},
        {"ip", "-6", "route", "add", "local", "::/0", "dev", "lo"}}) {
    const auto done = os::run_child({.argv = command});
    if (!done || done->exit.code != 0) return "no ip(8)";
  }
  return {};
}

inline Networks make_networks() {
  Networks networks;
  const auto here = [] { return os::Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)); };
  networks.problem = support::enter_namespaces(CLONE_NEWNET);
  if (networks.problem.empty()) networks.problem = route_everything_home();
  networks.host = here();
  if (networks.problem.empty() && ::unshare(CLONE_NEWNET) != 0) networks.problem = "no second network";
  if (networks.problem.empty()) networks.problem = route_everything_home();
  networks.pod = here();
  (void)::setns(networks.host.get(), CLONE_NEWNET);
  return networks;
}

// Made once, while the program has one thread.
inline const Networks& networks() {
  static const Networks made = make_networks();
  return made;
}

// While it lives, sockets of this thread are made in the pod's network.
class InPod {
 public:
  InPod() { EXPECT_EQ(::setns(networks().pod.get(), CLONE_NEWNET), 0); }
  ~InPod() { EXPECT_EQ(::setns(networks().host.get(), CLONE_NEWNET), 0); }
  InPod(const InPod&) = delete;
  InPod& operator=(const InPod&) = delete;
};

inline socklen_t fill(sockaddr_storage& storage, const std::string& address, std::uint16_t port) {
  const IpAddress ip = IpAddress::parse(address).value();
  if (ip.is_v4()) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    four.sin_addr.s_addr = htonl(ip.v4_bits());
    std::memcpy(&storage, &four, sizeof four);
    return sizeof four;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  std::memcpy(&six.sin6_addr, ip.bytes().data(), 16);
  std::memcpy(&storage, &six, sizeof six);
  return sizeof six;
}

inline os::Fd listening(const std::string& address, std::uint16_t port, bool datagrams = false) {
  sockaddr_storage storage{};
  const socklen_t size = fill(storage, address, port);
  os::Fd fd(::socket(storage.ss_family, (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (storage.ss_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0) return {};
  if (!datagrams && ::listen(fd.get(), 1024) != 0) return {};
  return fd;
}

// From the pod: a connected socket whose reads give up after some seconds; none when it was refused.
inline os::Fd dial(const std::string& address, std::uint16_t port) {
  const InPod in_pod;
  sockaddr_storage storage{};
  const socklen_t size = fill(storage, address, port);
  os::Fd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0) return {};
  return fd;
}

inline void send_text(const os::Fd& fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Until the other side has ended or `until` is in it; "(reset)" at the end when it was reset.
inline std::string read_text(const os::Fd& fd, std::string_view until = {}) {
  std::string out;
  char buffer[16384];
  while (until.empty() || !out.contains(until)) {
    const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (n < 0) return out + (errno == ECONNRESET ? "(reset)" : "(nothing)");
    if (n == 0) break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}

// Serves each connection on a thread of its own.
class SmallServer {
 public:
  using Serve = std::function<void(const os::Fd& connection)>;
  SmallServer(const std::string& address, std::uint16_t port, Serve serve);
  ~SmallServer();
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  int connections() const { return connections_; }

 private:
  os::Fd listener_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> workers_;
  std::thread thread_;
};

inline SmallServer::SmallServer(const std::string& address, std::uint16_t port, Serve serve)
    : listener_(listening(address, port)) {
  EXPECT_TRUE(listener_) << address << " " << port;
  thread_ = std::thread([this, serve = std::move(serve)] {
    // Who has dialled before the end is served.
    for (bool last = false; !last;) {
      last = stop_;
      pollfd waiting{listener_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, last ? 0 : 20) <= 0) continue;
      last = false;
      os::Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) continue;
      ++connections_;
      workers_.emplace_back([serve, fd = std::make_shared<os::Fd>(std::move(connection))] { serve(*fd); });
    }
  });
}

inline SmallServer::~SmallServer() {
  stop_ = true;
  thread_.join();
  for (auto& worker : workers_)
    worker.join();
}

// Sends back what it gets, until its client ends.
inline void echo(const os::Fd& connection) {
  char buffer[16384];
  for (ssize_t n = 0; (n = ::recv(connection.get(), buffer, sizeof buffer, 0)) > 0;)
    send_text(connection, {buffer, static_cast<std::size_t>(n)});
}

}  // namespace weir::gateway
