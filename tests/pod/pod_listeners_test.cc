// What a pod's programs send arrives at its listeners, whatever the address; nothing arrives elsewhere.
#include "pod/pod_listeners.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <thread>

#include "pod/box.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;
using Protocol = PodListener::Protocol;

class PodListeners : public Box {
 protected:
  PodSpec with_listeners(const std::string& script, std::vector<PodListener> listeners) const {
    PodSpec spec = shell(script);
    spec.network = PodNetwork::egress;
    spec.listeners = std::move(listeners);
    return spec;
  }

  // Runs the pod; everybody who connects is told which address was dialled.
  static Result<PodResult> run_and_answer(const PodSpec& spec) {
    std::jthread proxy;
    PodOptions options;
    options.on_listeners = [&](std::vector<os::Fd> fds) -> Status {
      proxy = std::jthread([fds = std::move(fds)](const std::stop_token& stop) { serve(fds, stop); });
      return {};
    };
    for (const auto& mount : spec.mounts)
      if (mount.kind == PodMount::Kind::overlay) renew_work(mount.work);
    TRY(const PodPlan plan, plan_pod(spec));
    return launch_pod(plan, options);
  }

 private:
  static void serve(const std::vector<os::Fd>& fds, const std::stop_token& stop) {
    constexpr int kLookMs = 20;
    while (!stop.stop_requested())
      for (const auto& fd : fds) {
        pollfd one{fd.get(), POLLIN, 0};
        if (::poll(&one, 1, kLookMs) <= 0) continue;
        const os::Fd client(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (client) answer(client.get());
      }
  }
  static void answer(int client) {
    sockaddr_storage dialled{};
    socklen_t length = sizeof dialled;
    ::getsockname(client, reinterpret_cast<sockaddr*>(&dialled), &length);
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&dialled);
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&dialled);
    char text[128];
    if (dialled.ss_family == AF_INET6)
      std::snprintf(text, sizeof text, "v6 %02x%02x %d\n", v6->sin6_addr.s6_addr[0], v6->sin6_addr.s6_addr[1],
                    ntohs(v6->sin6_port));
    else
      std::snprintf(text, sizeof text, "v4 %08x %d\n", ntohl(v4->sin_addr.s_addr), ntohs(v4->sin_port));
    (void)::send(client, text, std::strlen(text), MSG_NOSIGNAL);
  }
};

constexpr const char* kDial =
    "python3 -c '\n"
    "import socket, sys\n"
    "for host, port in ((\"203.0.113.7\", 443), (\"8.8.8.8\", 443), (\"2001:db8::1\", 443), (\"127.0.0.1\", "
    "443),\n"
    "                   (\"203.0.113.7\", 8080)):\n"
    "  try:\n"
    "    with socket.create_connection((host, port), 5) as s: sys.stdout.write(s.recv(100).decode())\n"
    "  except OSError as e: print(host, port, e.strerror)\n"
    "' > out";

TEST_F(PodListeners, EveryAddressArrivesWithTheAddressThatWasDialled) {
  const auto done = run_and_answer(with_listeners(
      kDial, {{Protocol::tcp, "0.0.0.0", 443}, {Protocol::tcp, "::", 443}, {Protocol::udp, "0.0.0.0", 53}}));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 0);
  EXPECT_EQ(wrote("out"),
            "v4 cb007107 443\nv4 08080808 443\nv6 2001 443\nv4 7f000001 443\n"
            "203.0.113.7 8080 Connection refused\n");
}

TEST_F(PodListeners, ThePodIsVerifiedAndSaysWhereEverythingLeads) {
  const auto done = run_and_answer(with_listeners("true", {{Protocol::tcp, "0.0.0.0", 9}}));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->report.level(), Level::L3);
  EXPECT_THAT(done->report.find("network_out")->detail, HasSubstr("every address leads to the 1 listeners"));
}

TEST_F(PodListeners, NoListenersNoCall) {
  bool called = false;
  PodOptions options;
  options.on_listeners = [&](const std::vector<os::Fd>&) -> Status {
    called = true;
    return {};
  };
  const auto plan = plan_pod(shell("true"));
  ASSERT_TRUE(plan);
  ASSERT_TRUE(launch_pod(*plan, options));
  EXPECT_FALSE(called);
}

TEST_F(PodListeners, WhatTheHolderRefusesDoesNotRun) {
  PodOptions options;
  options.on_listeners = [](const std::vector<os::Fd>&) -> Status { return fail("no proxy"); };
  const auto plan = plan_pod(with_listeners("touch ran", {{Protocol::tcp, "0.0.0.0", 80}}));
  ASSERT_TRUE(plan);
  const auto done = launch_pod(*plan, options);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("no proxy"));
  EXPECT_FALSE(os::exists(upper() + "/ran"));
}

TEST_F(PodListeners, AProgramOfThePodCannotTakeAPlaceFromThem) {
  const auto done = run_and_answer(
      with_listeners("python3 -c '\n"
                     "import socket\n"
                     "for address in (\"0.0.0.0\", \"203.0.113.7\"):\n"
                     "  s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
                     "  s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)\n"
                     "  try: s.bind((address, 8443)); s.listen(); print(\"taken\")\n"
                     "  except OSError as e: print(e.strerror)\n"
                     "' > out",
                     {{Protocol::tcp, "0.0.0.0", 8443}}));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(wrote("out"), "Address already in use\nAddress already in use\n");
}

TEST_F(PodListeners, BadOnesAreRefused) {
  const auto refused = [&](std::vector<PodListener> listeners) {
    const auto plan = plan_pod(with_listeners("true", std::move(listeners)));
    return plan ? std::string() : plan.error().message();
  };
  EXPECT_THAT(refused({{Protocol::tcp, "localhost", 80}}), HasSubstr("not an address"));
  EXPECT_THAT(refused({{Protocol::tcp, "0.0.0.0", 0}}), HasSubstr("needs a port"));
  EXPECT_THAT(refused({{Protocol::tcp, "0.0.0.0", 80}, {Protocol::tcp, "0.0.0.0", 80}}),
              HasSubstr("two listeners at one place"));
  EXPECT_THAT(refused(std::vector<PodListener>(kPodListenersMax + 1, {Protocol::tcp, "0.0.0.0", 80})),
              HasSubstr("at most 200"));
  PodSpec local = with_listeners("true", {{Protocol::tcp, "0.0.0.0", 80}});
  local.network = PodNetwork::local;
  EXPECT_FALSE(plan_pod(local));
}

}  // namespace
}  // namespace weir::pod
