#include "pod/portal.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/portal_loop.h"

namespace weir::pod {
namespace {

constexpr rlim_t kOpenFiles = 1024;  // two for each connection, and listeners
constexpr int kBacklog = 256;
constexpr int kEndMs = 5'000;

// What a relay calls, and what its memory and its end need. All else is refused: above all socket, connect,
// open and exec.
constexpr int kAllowed[] = {
    SCMP_SYS(poll),        SCMP_SYS(ppoll),           SCMP_SYS(accept4),      SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),     SCMP_SYS(sendto),          SCMP_SYS(sendmsg),      SCMP_SYS(shutdown),
    SCMP_SYS(setsockopt),  SCMP_SYS(getsockopt),      SCMP_SYS(close),        SCMP_SYS(brk),
    SCMP_SYS(munmap),      SCMP_SYS(mremap),          SCMP_SYS(madvise),      SCMP_SYS(futex),
    SCMP_SYS(getrandom),   SCMP_SYS(clock_gettime),   SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall), SCMP_SYS(exit),         SCMP_SYS(exit_group)};

bool enter_filter() {
  const std::unique_ptr<void, decltype(&::seccomp_release)> filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                                   &::seccomp_release);
  if (!filter) return false;
  for (const int call : kAllowed)
    if (::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return false;
  // Memory, but none that is executed.
  const scmp_arg_cmp not_executed{.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
    if (::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &not_executed) != 0) return false;
  return ::seccomp_load(filter.get()) == 0;
}

// Closes all that it does not serve. `kept` grows; standard descriptors lead nowhere.
bool keep_only(std::vector<int> kept) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return false;
  for (int standard = 0; standard < 3; ++standard)
    if (std::ranges::find(kept, standard) == kept.end() && ::dup2(null, standard) < 0) return false;
  std::ranges::sort(kept);
  unsigned from = 3;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > from && ::syscall(SYS_close_range, from, number - 1, 0) != 0) return false;
    if (number >= from) from = number + 1;
  }
  return ::syscall(SYS_close_range, from, ~0U, 0) == 0;
}

// A session of its own: keys at the terminal are for the pod's program.
bool enter_walls(pid_t parent, const std::vector<int>& kept) {
  rlimit files{};
  if (::setsid() < 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent ||
      ::getrlimit(RLIMIT_NOFILE, &files) != 0)
    return false;
  files.rlim_cur = files.rlim_max = std::min(files.rlim_max, kOpenFiles);
  os::harden_self();
  return keep_only(kept) && ::setrlimit(RLIMIT_NOFILE, &files) == 0 &&
         ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && enter_filter();
}

Result<std::uint16_t> port_number(std::string_view digits, std::string_view whole, unsigned least) {
  unsigned port = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || digits.size() > 5 || wrong != std::errc() || end != digits.data() + digits.size() ||
      port < least || port > UINT16_MAX)
    return fail("not a port to be published", printable(whole, 60),
                "--publish [HOSTPORT:]PORT, numbers up to 65535; it is always the host's 127.0.0.1");
  return static_cast<std::uint16_t>(port);
}

std::string place(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

Result<PublishedSocket> open_one(const PublishedPort& port) {
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port.outside);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  const int on = 1;  // connections of an earlier listener that are still closing do not count
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), general, length) != 0 || ::listen(fd.get(), kBacklog) != 0 ||
      ::getsockname(fd.get(), general, &length) != 0) {
    Error error = os::errno_error("cannot listen on the host", place(port.outside), errno);
    if (errno == EADDRINUSE) {
      error = Error{ErrorCode::unavailable, "this port of the host is taken", place(port.outside), {}};
      error.hint = "another one: --publish HOSTPORT:" + std::to_string(port.inside) + ", 0 for any free one";
    }
    return std::unexpected(std::move(error));
  }
  return PublishedSocket{{ntohs(address.sin_port), port.inside}, std::move(fd)};
}

}  // namespace

Result<PublishedPort> parse_published(std::string_view text) {
  const auto colon = text.find(':');
  PublishedPort port;
  TRY(port.inside, port_number(colon == text.npos ? text : text.substr(colon + 1), text, 1));
  port.outside = port.inside;
  if (colon != text.npos) {
    TRY(port.outside, port_number(text.substr(0, colon), text, 0));
  }
  return port;
}

Result<std::vector<PublishedSocket>> open_published(const std::vector<PublishedPort>& ports) {
  std::vector<PublishedSocket> sockets;
  for (const auto& port : ports) {
    TRY(PublishedSocket socket, open_one(port));
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

Result<Portal> Portal::start(std::vector<PublishedSocket> sockets, os::Fd link) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(os::errno_error("no process for the portal", "fork", errno));
  if (pid > 0) return Portal(pid);
  std::vector<int> kept = {link.get()};
  for (const auto& socket : sockets)
    kept.push_back(socket.listener.get());
  if (!enter_walls(parent, kept)) ::_exit(1);
  PortalLoop(std::move(sockets), std::move(link)).run();
  ::_exit(0);
}

Portal::Portal(Portal&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

void Portal::finish() {
  if (pid_ < 0) return;
  const os::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd waiting{pidfd.get(), POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&waiting, 1, kEndMs)) < 0 && errno == EINTR) {
  }
  if (ready <= 0 || !pidfd) ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace weir::pod
