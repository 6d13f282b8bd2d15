// The walls of the egress process, tried from inside by a child that has entered them.
#include "gateway/egress_walls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "gateway/resolver.h"

namespace weir::gateway {
namespace {

int connect_error(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int error = ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

int open_error(const char* path, int flags) {
  const int fd = ::open(path, flags | O_CLOEXEC, 0600);
  const int error = fd >= 0 ? 0 : errno;
  if (fd >= 0) ::close(fd);
  return error;
}

// What got through, as one word; "" when all held.
std::string try_walls(const std::vector<std::string>& walls, const std::string& file) {
  const auto has = [&](const char* wall) { return std::ranges::find(walls, wall) != walls.end(); };
  if (has("landlock")) {
    if (open_error(file.c_str(), O_RDONLY) != EACCES) return "read";
    if (open_error(file.c_str(), O_WRONLY) != EACCES) return "write";
    if (open_error((file + ".new").c_str(), O_WRONLY | O_CREAT) != EACCES) return "create";
    if (open_error("/etc/hosts", O_RDONLY) != 0) return "hosts";
    // Nobody listens at either; only one may be asked.
    if (const int error = connect_error(1); error != EACCES && error != ECONNREFUSED) return "connect";
    if (connect_error(9) != ECONNREFUSED) return "allowed_connect";
  }
  if (has("seccomp")) {
    char* const argv[] = {const_cast<char*>("true"), nullptr};
    ::execv("/bin/true", argv);
    if (errno != EPERM) return "exec";
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    if (child > 0) return "fork";
    if (::unshare(CLONE_NEWUSER) == 0 || errno != EPERM) return "unshare";
  }
  // What it needs still works: threads, and the system's resolver.
  bool ran = false;
  std::thread([&] { ran = true; }).join();
  if (!ran || !resolve_by_system("localhost")) return "resolver";
  return {};
}

TEST(EgressWalls, HoldAndLetItWork) {
  char name[] = "/tmp/weir-walls.XXXXXX";
  const int made = ::mkstemp(name);
  ASSERT_GE(made, 0);
  ::close(made);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    EgressPolicy policy;
    policy.rules.push_back(parse_allow("a.example:9").value());
    const auto walls = enter_egress_walls(policy);
    const std::string through = walls.size() < 3 ? "no walls" : try_walls(walls, name);
    (void)!::write(ends[1], through.data(), through.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string through;
  char buffer[100];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    through.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::unlink(name);
  EXPECT_EQ(through, "");
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace weir::gateway
