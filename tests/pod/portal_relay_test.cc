// Bytes between two sockets: all of them, in order, with the ends and the resets passed on.
#include "pod/portal_relay.h"
#include "support/sockets.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

namespace weir::pod {
namespace {

// A TCP connection over the loopback: resets exist only there.
std::pair<os::Fd, os::Fd> connection() {
  std::uint16_t port = 0;
  const os::Fd listener = support::listen_loopback(&port);
  os::Fd near = support::dial_loopback(port);
  EXPECT_TRUE(near);
  os::Fd far(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  EXPECT_TRUE(far);
  return {std::move(near), std::move(far)};
}

struct Joined {
  std::pair<os::Fd, os::Fd> outside = connection();
  std::pair<os::Fd, os::Fd> inside = connection();
  int client = outside.first.get();
  int server = inside.first.get();
  PortalRelay relay{std::move(outside.second), std::move(inside.second)};

  // Whatever is under way arrives.
  PortalRelay::State settle() {
    auto state = PortalRelay::State::running;
    for (int quiet = 0; quiet < 5 && state == PortalRelay::State::running;) {
      pollfd fds[2] = {
          {relay.fd(PortalRelay::kClient), relay.events(PortalRelay::kClient), 0},
          {relay.fd(PortalRelay::kProgram), relay.events(PortalRelay::kProgram), 0},
      };
      quiet = ::poll(fds, 2, 2) > 0 ? 0 : quiet + 1;
      state = relay.pump();
    }
    return state;
  }
};

void send_text(int fd, const std::string& text) {
  ASSERT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

std::string received(int fd) {
  char buffer[4096];
  const ssize_t n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0) return errno == ECONNRESET ? "(reset)" : "(nothing)";
  return n == 0 ? "(end)" : std::string(buffer, static_cast<std::size_t>(n));
}

TEST(PortalRelay, PassesBothWays) {
  Joined joined;
  send_text(joined.client, "question");
  EXPECT_EQ(joined.settle(), PortalRelay::State::running);
  EXPECT_EQ(received(joined.server), "question");
  send_text(joined.server, "answer");
  EXPECT_EQ(joined.settle(), PortalRelay::State::running);
  EXPECT_EQ(received(joined.client), "answer");
}

TEST(PortalRelay, AHalfCloseIsPassedOnAndTheOtherHalfGoesOn) {
  Joined joined;
  send_text(joined.client, "all");
  ASSERT_EQ(::shutdown(joined.client, SHUT_WR), 0);
  EXPECT_EQ(joined.settle(), PortalRelay::State::running);
  EXPECT_EQ(received(joined.server), "all");
  EXPECT_EQ(received(joined.server), "(end)");
  send_text(joined.server, "still");
  EXPECT_EQ(joined.settle(), PortalRelay::State::running);
  EXPECT_EQ(received(joined.client), "still");
  ASSERT_EQ(::shutdown(joined.server, SHUT_WR), 0);
  EXPECT_EQ(joined.settle(), PortalRelay::State::finished);
  EXPECT_EQ(received(joined.client), "(end)");
}

TEST(PortalRelay, AResetComesBehindWhatWasSent) {
  Joined joined;
  send_text(joined.server, "last words");
  joined.settle();
  close_with_reset(joined.inside.first);
  EXPECT_EQ(joined.settle(), PortalRelay::State::broken);
  EXPECT_EQ(received(joined.client), "last words");
  joined.relay.reset();
  EXPECT_EQ(received(joined.client), "(reset)");
}

TEST(PortalRelay, ASlowReaderSlowsItsWriter) {
  Joined joined;
  const std::string block(PortalRelay::kBufferBytes, 'x');
  std::size_t sent = 0;
  for (int stuck = 0; stuck < 3;) {
    const ssize_t n = ::send(joined.client, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
    stuck = n > 0 ? 0 : stuck + 1;
    EXPECT_EQ(joined.settle(), PortalRelay::State::running);
  }
  // Full: it waits for room at the program, and for nothing more of the client.
  EXPECT_EQ(joined.relay.events(PortalRelay::kClient), 0);
  EXPECT_EQ(joined.relay.events(PortalRelay::kProgram), POLLIN | POLLOUT);
  ASSERT_EQ(::shutdown(joined.client, SHUT_WR), 0);
  std::size_t arrived = 0;
  std::string buffer(1 << 20, '\0');
  for (;;) {
    const ssize_t n = ::recv(joined.server, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n == 0) break;
    if (n > 0) arrived += static_cast<std::size_t>(n);
    ASSERT_TRUE(n > 0 || errno == EAGAIN);
    joined.settle();
  }
  EXPECT_EQ(arrived, sent);
}

}  // namespace
}  // namespace weir::pod
