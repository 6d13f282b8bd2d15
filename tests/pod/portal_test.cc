// Ports of a pod at the host's loopback: what is understood, what is served, and that nothing is left.
#include "pod/portal.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>

#include "pod/box.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;

class PortalOfPod : public Box {
 protected:
  // Connects to the host's port, says "hello\n", and returns all that comes back.
  static std::string ask(std::uint16_t port) {
    const os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return "(refused)";
    // A reset that is there by now is told to whoever calls first, and only once.
    if (::send(fd.get(), "hello\n", 6, MSG_NOSIGNAL) < 0) return "(reset)";
    (void)::shutdown(fd.get(), SHUT_WR);
    std::string all;
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0)
      all.append(buffer, static_cast<std::size_t>(n));
    return n < 0 ? all + "(reset)" : all;
  }

  // Runs `script` with port 8000 published, and `client` beside it from when it may start.
  Result<PodResult> run_published(const std::string& script,
                                  const std::function<void(std::uint16_t)>& client) const {
    PodSpec spec = shell(script);
    spec.published = {8000};
    renew_work(top() + "/work");
    TRY(const PodPlan plan, plan_pod(spec));
    TRY(auto sockets, open_published({{0, 8000}}));
    const std::uint16_t port = sockets[0].port.outside;
    std::optional<Portal> portal;
    pid_t beside = -1;
    PodOptions options;
    options.on_inbound = [&](os::Fd link) -> Status {
      TRY(Portal started, Portal::start(std::move(sockets), std::move(link)));
      sockets.clear();
      portal.emplace(std::move(started));
      beside = ::fork();
      if (beside == 0) {
        client(port);
        ::_exit(0);
      }
      return {};
    };
    options.on_tick = [&](PodControl& pod) {
      if (os::exists(top() + "/outside/end")) pod.end("the client is done");
    };
    auto done = launch_pod(plan, options);
    portal.reset();
    if (beside > 0) ::waitpid(beside, nullptr, 0);
    EXPECT_EQ(ask(port), "(refused)") << "somebody still listens";
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process is left";
    EXPECT_EQ(errno, ECHILD);
    return done;
  }
};

TEST(Portal, UnderstandsPortsAndNothingElse) {
  const auto text = [](std::string_view given) {
    const auto port = parse_published(given);
    return port ? std::to_string(port->outside) + ">" + std::to_string(port->inside) : port.error().message();
  };
  EXPECT_EQ(text("8000"), "8000>8000");
  EXPECT_EQ(text("80:8000"), "80>8000");
  EXPECT_EQ(text("0:65535"), "0>65535");
  for (const char* bad :
       {"", ":", "0", "65536", "8000:", ":8000", "8000:0", "0.0.0.0:80:80", "127.0.0.1:8000", "[::1]:80",
        "-1", "+80", " 80", "80 ", "080000", "8000/udp", "0x50", "1:2:3"})
    EXPECT_THAT(text(bad), HasSubstr("not a port to be published")) << bad;
}

TEST(Portal, ATakenPortIsToldAndOnlyTheLoopbackIsListenedAt) {
  const auto first = open_published({{0, 8000}});
  ASSERT_TRUE(first);
  const std::uint16_t port = first->at(0).port.outside;
  EXPECT_NE(port, 0);
  const auto second = open_published({{port, 8000}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_THAT(second.error().message(), HasSubstr("127.0.0.1:" + std::to_string(port)));
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(first->at(0).listener.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  EXPECT_EQ(address.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

constexpr const char* kEcho =
    "python3 -c '\n"
    "import socket\n"
    "s = socket.socket(); s.bind((\"127.0.0.1\", 8000)); s.listen()\n"
    "open(\"listens\", \"w\").close()\n"
    "c, who = s.accept()\n"
    "got = c.makefile().read()\n"
    "open(\"got\", \"w\").write(got + who[0])\n"
    "c.sendall(got.upper().encode())\n"
    "'";

TEST_F(PortalOfPod, WhatListensInsideIsReachedAndItsLastWordsArrive) {
  const std::string said = top() + "/outside/said";
  const std::string listens = upper() + "/listens";
  const auto done = run_published(kEcho, [&](std::uint16_t port) {
    while (!os::exists(listens))
      ::usleep(5'000);
    (void)os::write_file_atomic(said, ask(port), {}, os::Durability::none);
  });
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 0);
  EXPECT_EQ(wrote("got"), "hello\n127.0.0.1");
  EXPECT_EQ(os::read_file(said, 100).value_or(""), "HELLO\n");
  EXPECT_EQ(done->report.level(), Level::L3);
  EXPECT_THAT(done->report.weaknesses, testing::Contains("reachable from the host's loopback: port 8000"));
}

TEST_F(PortalOfPod, WhereNobodyListensTheClientIsReset) {
  const std::string said = top() + "/outside/said";
  const auto done = run_published("sleep 60", [&](std::uint16_t port) {
    (void)os::write_file_atomic(said, ask(port), {}, os::Durability::none);
    (void)os::write_file_atomic(top() + "/outside/end", "", {}, os::Durability::none);
  });
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(os::read_file(said, 100).value_or(""), "(reset)");
}

TEST_F(PortalOfPod, NothingPublishedNoCall) {
  bool called = false;
  PodOptions options;
  options.on_inbound = [&](os::Fd) -> Status {
    called = true;
    return {};
  };
  const auto plan = plan_pod(shell("true"));
  ASSERT_TRUE(plan);
  ASSERT_TRUE(launch_pod(*plan, options));
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace weir::pod
