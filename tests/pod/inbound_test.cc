// Which ports may be published, and what the pod's first process answers.
#include "pod/inbound.h"
#include "support/sockets.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace weir::pod {
namespace {

using testing::HasSubstr;

std::string refusal(std::vector<std::uint16_t> ports, PodNetwork network = PodNetwork::local,
                    std::vector<PodListener> listeners = {}) {
  PodSpec spec;
  spec.published = std::move(ports);
  spec.network = network;
  spec.listeners = std::move(listeners);
  const Status checked = check_published(spec);
  return checked ? "" : checked.error().message();
}

TEST(Inbound, OnlyPortsAtWhichThePodItselfCanListenArePublished) {
  using Protocol = PodListener::Protocol;
  EXPECT_EQ(refusal({}, PodNetwork::none), "");
  EXPECT_EQ(refusal({1024, 8000, 65535}), "");
  EXPECT_THAT(refusal({8000}, PodNetwork::none), HasSubstr("a pod without network has no ports"));
  EXPECT_THAT(refusal({1023}), HasSubstr("below port 1024"));
  EXPECT_THAT(refusal({8000, 8000}), HasSubstr("twice"));
  EXPECT_THAT(refusal({3128}, PodNetwork::egress, {{Protocol::tcp, "127.0.0.1", 3128}}),
              HasSubstr("belongs to its way out"));
  EXPECT_EQ(refusal({5353}, PodNetwork::egress, {{Protocol::udp, "0.0.0.0", 5353}}), "");
  std::vector<std::uint16_t> many;
  for (std::size_t i = 0; i <= kPodPublishedMax; ++i)
    many.push_back(static_cast<std::uint16_t>(2000 + i));
  EXPECT_THAT(refusal(many), HasSubstr("at most 32"));
}

TEST(Inbound, AnswersAPublishedPortWithASocketThatIsOnItsWay) {
  std::uint16_t port = 0;
  const os::Fd listener = support::listen_loopback(&port);
  ASSERT_TRUE(listener);

  auto ends = make_inbound();
  ASSERT_TRUE(ends);
  const InboundLink link(std::move((*ends)[1]));
  EXPECT_FALSE(link.hear());
  EXPECT_TRUE(answer_inbound((*ends)[0].get(), {port})) << "nobody has asked yet";
  ASSERT_TRUE(link.ask(port));
  ASSERT_TRUE(answer_inbound((*ends)[0].get(), {port}));
  const auto answer = link.hear();
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->socket);
  EXPECT_FALSE(answer->ended);
  const os::Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted);
  pollfd writable{answer->socket.get(), POLLOUT, 0};
  ASSERT_EQ(::poll(&writable, 1, 10'000), 1);
  ASSERT_EQ(::send(answer->socket.get(), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(::recv(accepted.get(), &byte, 1, 0), 1);
}

TEST(Inbound, AnyOtherPortEndsIt) {
  auto ends = make_inbound();
  ASSERT_TRUE(ends);
  const InboundLink link(std::move((*ends)[1]));
  ASSERT_TRUE(link.ask(22));
  EXPECT_FALSE(answer_inbound((*ends)[0].get(), {8000}));
  (*ends)[0].reset();
  EXPECT_FALSE(link.ask(8000));
  const auto answer = link.hear();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->ended);
}

}  // namespace
}  // namespace weir::pod
