// Probes of the pod that go to the kernel's interfaces: sockets, namespaces, mounts, tracing, keyrings. A
// filter answers before arguments are looked at, so they are nonsense on purpose: what gets through does
// nothing.
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "pod/pod_filter.h"
#include "pod/pod_probes.h"

namespace weir::pod {
namespace {

ShieldStep held(const char* name, std::string detail) {
  return {name, true, true, std::move(detail)};
}
ShieldStep open_gap(const char* name, std::string detail) {
  return {name, true, false, std::move(detail)};
}

struct Attempt {
  const char* what;
  long number;
  long arguments[4];
  int expected = EPERM;
};

template <std::size_t n>
ShieldStep refused(const char* step, const Attempt (&attempts)[n]) {
  for (const auto& attempt : attempts) {
    const long answer = ::syscall(attempt.number, attempt.arguments[0], attempt.arguments[1],
                                  attempt.arguments[2], attempt.arguments[3]);
    if (attempt.number == SYS_clone && answer == 0) ::_exit(0);  // a child that must not be
    if (answer >= 0 || errno != attempt.expected)
      return open_gap(step, std::string("not refused: ") + attempt.what);
  }
  return held(step, std::to_string(n) + " attempts refused");
}

// True also when the attempt is still under way after a while: then it went somewhere.
bool connects(int type, const sockaddr* address, socklen_t length) {
  constexpr int kWaitMs = 200;
  const os::Fd fd(::socket(address->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return false;
  if (::connect(fd.get(), address, length) == 0 || errno == EAGAIN) return true;
  if (errno != EINPROGRESS) return false;
  pollfd waiting{fd.get(), POLLOUT, 0};
  if (::poll(&waiting, 1, kWaitMs) <= 0) return true;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error == 0;
}

bool connects_to(int type, std::uint32_t ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ip);
  address.sin_port = htons(port);
  return connects(type, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// An address that nobody has (RFC 5737), the one resolver everybody knows, the clouds' metadata services.
constexpr std::uint32_t kNobody = 0xc0000201;    // 192.0.2.1
constexpr std::uint32_t kResolver = 0x08080808;  // 8.8.8.8
constexpr std::uint32_t kMetadata = 0xa9fea9fe;  // 169.254.169.254

std::uint16_t port_without_listener(const PodPlan& plan) {
  std::uint16_t port = 9;  // discard, RFC 863
  const auto taken = [&](const PodListener& listener) { return listener.port == port; };
  while (std::any_of(plan.spec.listeners.begin(), plan.spec.listeners.end(), taken))
    ++port;
  return port;
}

bool is_refused_at_once(int type, std::uint32_t ip, std::uint16_t port) {
  constexpr int kWaitMs = 200;
  const os::Fd fd(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ip);
  address.sin_port = htons(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    return errno == ECONNREFUSED;
  if (type == SOCK_DGRAM && ::send(fd.get(), "", 0, 0) != 0) return errno == ECONNREFUSED;
  pollfd waiting{fd.get(), POLLIN, 0};
  ::poll(&waiting, 1, kWaitMs);
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNREFUSED;
}

bool gives_a_byte(const char* path) {
  const os::Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  char byte;
  return fd && ::read(fd.get(), &byte, 1) > 0;
}

}  // namespace

ShieldStep probe_host_loopback(const PodCanary& canary) {
  if (canary.port == 0) return held("host_loopback", "the host has no loopback to try");
  if (connects_to(SOCK_STREAM, INADDR_LOOPBACK, canary.port))
    return open_gap("host_loopback", "a listener on the host's 127.0.0.1 was reached");
  return held("host_loopback", "a listener on the host's 127.0.0.1 cannot be reached");
}

ShieldStep probe_pod_abstract_sockets(const PodCanary& canary) {
  if (canary.abstract_name.empty()) return open_gap("abstract_sockets", "no socket to try it on");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, canary.abstract_name.data(), canary.abstract_name.size());
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + canary.abstract_name.size());
  if (connects(SOCK_STREAM, reinterpret_cast<const sockaddr*>(&address), length))
    return open_gap("abstract_sockets", "one made outside answered");
  return held("abstract_sockets", "one made outside cannot be reached");
}

// Connecting a datagram socket only asks for a route; nothing is sent.
ShieldStep probe_network_out() {
  for (const std::uint32_t ip : {kNobody, kResolver, kMetadata}) {
    if (connects_to(SOCK_DGRAM, ip, 53)) return open_gap("network_out", "there is a way out for UDP");
    if (connects_to(SOCK_STREAM, ip, 443)) return open_gap("network_out", "there is a way out for TCP");
  }
  return held("network_out", "no route to a resolver, a metadata service or anywhere else");
}

// "connection refused" at once is the answer of the pod's own kernel half: what was sent has come home. The
// one datagram goes to an address that nobody has (RFC 5737), to the discard port.
ShieldStep probe_network_home(const PodPlan& plan) {
  constexpr const char* kStep = "network_out";
  struct if_nameindex* const interfaces = ::if_nameindex();
  const bool only_loopback =
      interfaces != nullptr && std::strcmp(interfaces[0].if_name, "lo") == 0 && interfaces[1].if_index == 0;
  if (interfaces != nullptr) ::if_freenameindex(interfaces);
  if (!only_loopback) return open_gap(kStep, "there is another interface than the pod's loopback");
  const std::uint16_t port = port_without_listener(plan);
  for (const std::uint32_t ip : {kNobody, kResolver, kMetadata})
    if (!is_refused_at_once(SOCK_STREAM, ip, port)) return open_gap(kStep, "there is a way out for TCP");
  if (!is_refused_at_once(SOCK_DGRAM, kNobody, port)) return open_gap(kStep, "there is a way out for UDP");
  return held(kStep, "every address leads to the " + std::to_string(plan.spec.listeners.size()) +
                         " listeners of the egress proxy or is refused");
}

ShieldStep probe_namespaces() {
  constexpr long kUser = CLONE_NEWUSER;
  static constexpr Attempt kAttempts[] = {
      {"unshare of a user namespace", SYS_unshare, {kUser, 0, 0, 0}},
      {"unshare of a mount namespace", SYS_unshare, {CLONE_NEWNS, 0, 0, 0}},
      {"clone with a user namespace", SYS_clone, {kUser | SIGCHLD, 0, 0, 0}},
      {"setns", SYS_setns, {-1, 0, 0, 0}},
      {"clone3", SYS_clone3, {0, 0, 0, 0}, ENOSYS},
  };
  return refused("namespaces", kAttempts);
}

ShieldStep probe_mount_calls() {
  static const char kNowhere[] = "/proc/self/no-such-place";
  const long nowhere = reinterpret_cast<long>(kNowhere);
  const Attempt attempts[] = {
      {"mount", SYS_mount, {0, nowhere, 0, MS_BIND}},
      {"umount2", SYS_umount2, {nowhere, 0, 0, 0}},
      {"pivot_root", SYS_pivot_root, {nowhere, nowhere, 0, 0}},
      {"chroot", SYS_chroot, {nowhere, 0, 0, 0}},
      {"open_tree", SYS_open_tree, {AT_FDCWD, nowhere, 0, 0}},
      {"move_mount", SYS_move_mount, {-1, nowhere, -1, nowhere}},
      {"fsopen", SYS_fsopen, {0, 0, 0, 0}},
      {"mount_setattr", SYS_mount_setattr, {-1, nowhere, 0, 0}},
  };
  return refused("mounts", attempts);
}

ShieldStep probe_tracing_calls() {
  static constexpr Attempt kAttempts[] = {
      {"ptrace", SYS_ptrace, {PTRACE_PEEKDATA, 1, 0, 0}},
      {"process_vm_readv", SYS_process_vm_readv, {1, 0, 0, 0}},
      {"process_vm_writev", SYS_process_vm_writev, {1, 0, 0, 0}},
      {"pidfd_getfd", SYS_pidfd_getfd, {-1, 0, 0, 0}},
      {"kcmp", SYS_kcmp, {1, 1, 0, 0}},
  };
  return refused("tracing", kAttempts);
}

ShieldStep probe_other_processes() {
  ShieldStep step = probe_tracing_calls();
  if (!step.verified) return step;
  for (const char* path : {"/proc/1/mem", "/proc/1/environ", "/proc/1/maps"})
    if (gives_a_byte(path))
      return open_gap("tracing", std::string("the pod's first process can be read: ") + path);
  return step;
}

ShieldStep probe_tracing_in_gvisor() {
  ShieldStep step = probe_tracing_calls();
  if (step.verified && gives_a_byte("/proc/1/mem"))
    return open_gap("tracing", "the memory of the pod's first process can be read");
  return step;
}

ShieldStep probe_keyrings() {
  static constexpr Attempt kAttempts[] = {
      {"keyctl", SYS_keyctl, {-1, 0, 0, 0}},
      {"add_key", SYS_add_key, {0, 0, 0, 0}},
      {"request_key", SYS_request_key, {0, 0, 0, 0}},
  };
  return refused("keyrings", kAttempts);
}

ShieldStep probe_kernel_interfaces() {
  static constexpr Attempt kAttempts[] = {
      {"io_uring_setup", SYS_io_uring_setup, {0, 0, 0, 0}},
      {"io_uring_enter", SYS_io_uring_enter, {-1, 0, 0, 0}},
      {"bpf", SYS_bpf, {-1, 0, 0, 0}},
      {"perf_event_open", SYS_perf_event_open, {0, 0, 0, 0}},
      {"userfaultfd", SYS_userfaultfd, {-1, 0, 0, 0}},
      {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0, 0}},
      {"finit_module", SYS_finit_module, {-1, 0, 0, 0}},
      {"kexec_load", SYS_kexec_load, {0, 0, 0, 0}},
      {"a call above the reviewed ones", kReviewedSyscallMax + 1, {-1, 0, 0, 0}, ENOSYS},
  };
  return refused("kernel_interfaces", kAttempts);
}

ShieldStep probe_socket_families() {
  constexpr long kStream = SOCK_STREAM;
  constexpr long kRaw = SOCK_RAW;
  constexpr long kVsock = 40;
  static constexpr Attempt kAttempts[] = {
      {"AF_VSOCK", SYS_socket, {kVsock, kStream, 0, 0}},
      {"AF_VSOCK with high bits", SYS_socket, {(1L << 32) | kVsock, kStream, 0, 0}},
      {"AF_PACKET", SYS_socket, {17, kRaw, 0, 0}},
      {"AF_ALG", SYS_socket, {38, SOCK_SEQPACKET, 0, 0}},
      {"AF_NETLINK but the routing protocol", SYS_socket, {16, kRaw, 15, 0}},
      {"AF_BLUETOOTH", SYS_socket, {31, kRaw, 0, 0}},
      {"a family of the future", SYS_socket, {60, kStream, 0, 0}},
  };
  return refused("sockets", kAttempts);
}

}  // namespace weir::pod
