// The proxy of a supervised pod: only what the supervisor made known gets out. The test is the supervisor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "gateway/dns_bytes.h"
#include "gateway/egress_server.h"
#include "gateway/small_net.h"

namespace weir::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = LinkMessage::Kind;

constexpr const char* kServer = "93.184.216.34";
const std::string kGet = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

void http(const os::Fd& connection) {
  if (read_text(connection, "\r\n\r\n").contains("\r\n\r\n"))
    send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

SocketEnd end_of(const os::Fd& fd, int (*name)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  EXPECT_EQ(name(fd.get(), reinterpret_cast<sockaddr*>(&storage), &size), 0);
  sockaddr_in four{};
  std::memcpy(&four, &storage, sizeof four);
  return {IpAddress::of(*reinterpret_cast<sockaddr*>(&storage)).value_or(IpAddress()), ntohs(four.sin_port)};
}

class EgressSupervised : public testing::Test {
 protected:
  void SetUp() override {
    if (!networks().problem.empty()) GTEST_SKIP() << networks().problem;
    policy_.rules.push_back(parse_allow("a.example").value());
    policy_.supervised = true;
    std::vector<EgressListener> listeners;
    const auto plan = plan_listeners(policy_);
    for (const auto& one : *plan) {
      const InPod in_pod;
      listeners.push_back(
          {one.kind, listening(one.address, one.port, one.kind == ListenerPlan::Kind::dns_udp)});
      ASSERT_TRUE(listeners.back().socket);
    }
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    stop_read_ = os::Fd(ends[0]);
    stop_write_ = os::Fd(ends[1]);
    auto link_ends = EgressLink::make_ends();
    ASSERT_TRUE(link_ends);
    link_.emplace(std::move(link_ends->first));
    thread_ = std::thread([this, fd = std::make_shared<os::Fd>(std::move(link_ends->second)),
                           listeners = std::move(listeners)]() mutable {
      EgressLink its(std::move(*fd));
      EgressOptions options;
      options.stop_fd = stop_read_.get();
      options.link = &its;
      options.on_event = [this](const EgressEvent& event) {
        const std::lock_guard lock(mutex_);
        record_.add(event);
      };
      options.is_own_address = [](const IpAddress&) { return false; };
      options.resolve = [](const std::string&) -> Result<std::vector<IpAddress>> {
        return std::vector{IpAddress::parse(kServer).value()};
      };
      const Status served = serve_egress(std::move(listeners), policy_, options);
      EXPECT_TRUE(served) << served.error().message();
    });
  }
  void TearDown() override { stop(); }
  void stop() {
    stop_write_.reset();
    if (thread_.joinable()) thread_.join();
  }

  std::optional<LinkMessage> hear() {
    pollfd one{link_->fd(), POLLIN, 0};
    (void)::poll(&one, 1, 10'000);
    return link_->receive();
  }
  // The next of this kind.
  LinkMessage hear(Kind kind) {
    for (auto message = hear(); message; message = hear())
      if (message->kind == kind) return *message;
    ADD_FAILURE() << "nothing was said";
    return {};
  }
  void make_known(const os::Fd& client, std::uint64_t call) {
    ASSERT_TRUE(link_->send({.kind = Kind::registered,
                             .call = call,
                             .source = end_of(client, ::getsockname),
                             .destination = end_of(client, ::getpeername)}));
  }
  std::vector<std::string> refusals() {
    stop();
    std::vector<std::string> out;
    for (const auto& one : record_.refused)
      out.push_back(one.host + ":" + std::to_string(one.port) + " " + one.reason);
    return out;
  }
  static void look_up() {
    const InPod in_pod;
    const os::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage to{};
    const socklen_t size = fill(to, "127.0.0.53", 53);
    ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), size), 0);
    send_text(fd, dns_query("a.example", 1));
    char buffer[2000];
    pollfd one{fd.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&one, 1, 10'000), 1);
    ASSERT_GT(::recv(fd.get(), buffer, sizeof buffer, 0), 12);
  }

  std::optional<EgressLink> link_;

 private:
  EgressPolicy policy_;
  std::mutex mutex_;
  EgressRecord record_;
  os::Fd stop_read_;
  os::Fd stop_write_;
  std::thread thread_;
};

TEST_F(EgressSupervised, ANameIsToldBeforeItsAddressIsAnswered) {
  look_up();
  const auto told = link_->receive();  // it is there already
  ASSERT_TRUE(told);
  EXPECT_EQ(told->kind, Kind::named);
  EXPECT_EQ(told->host, "a.example");
  EXPECT_EQ(told->destination.address.text(), "198.18.0.1");
}

TEST_F(EgressSupervised, WhatWasMadeKnownGetsOut) {
  SmallServer server(kServer, 80, http);
  look_up();
  os::Fd client = dial("198.18.0.1", 80);
  make_known(client, 7);
  send_text(client, kGet);
  EXPECT_THAT(read_text(client), HasSubstr("200 OK"));
  client.reset();
  EXPECT_EQ(hear(Kind::ended).call, 7U);
  EXPECT_THAT(refusals(), testing::IsEmpty());
}

TEST_F(EgressSupervised, WhatWasNotReachesNobody) {
  SmallServer server(kServer, 80, http);
  look_up();
  const os::Fd one = dial("198.18.0.1", 80);
  const os::Fd other = dial("198.18.0.1", 443);
  const os::Fd proxied = dial("127.0.0.1", 3128);
  // Another destination was made known than the one that was dialled; and another source.
  ASSERT_TRUE(link_->send({.kind = Kind::registered,
                           .call = 1,
                           .source = end_of(other, ::getsockname),
                           .destination = end_of(one, ::getpeername)}));
  send_text(one, kGet);
  send_text(other, kGet);
  send_text(proxied, "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n");
  EXPECT_THAT(read_text(one), testing::AnyOf("", "(reset)"));
  EXPECT_THAT(read_text(other), testing::AnyOf("", "(reset)"));
  EXPECT_THAT(read_text(proxied), StartsWith("HTTP/1.1 403"));
  EXPECT_EQ(server.connections(), 0);
  EXPECT_THAT(refusals(),
              testing::UnorderedElementsAre("198.18.0.1:80 unsupervised", "198.18.0.1:443 unsupervised",
                                            "127.0.0.1:3128 unsupervised"));
}

// Made known once, it lets out once: the port of a connection that ended is no pass.
TEST_F(EgressSupervised, ARegistrationIsForOneConnection) {
  SmallServer server(kServer, 80, http);
  look_up();
  os::Fd first = dial("198.18.0.1", 80);
  const SocketEnd source = end_of(first, ::getsockname);
  make_known(first, 7);
  send_text(first, kGet);
  EXPECT_THAT(read_text(first), HasSubstr("200 OK"));
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(first.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  first.reset();
  const InPod in_pod;
  const os::Fd second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(second.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage storage{};
  ASSERT_EQ(::bind(second.get(), reinterpret_cast<sockaddr*>(&storage),
                   fill(storage, source.address.text(), source.port)),
            0);
  ASSERT_EQ(::connect(second.get(), reinterpret_cast<sockaddr*>(&storage), fill(storage, "198.18.0.1", 80)),
            0);
  send_text(second, kGet);
  EXPECT_THAT(read_text(second), testing::AnyOf("", "(reset)"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(EgressSupervised, TheProxyAsksBeforeItDials) {
  SmallServer server(kServer, 80, http);
  const os::Fd client = dial("127.0.0.1", 3128);
  make_known(client, 7);
  send_text(client, "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n");
  const LinkMessage asked = hear(Kind::asked);
  EXPECT_EQ(asked.call, 7U);
  EXPECT_EQ(asked.host, "a.example");
  EXPECT_EQ(asked.destination.port, 80);
  EXPECT_FALSE(asked.socks);
  EXPECT_EQ(server.connections(), 0);
  ASSERT_TRUE(link_->send({.kind = Kind::answer, .question = asked.question, .allowed = true}));
  EXPECT_THAT(read_text(client, "\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  send_text(client, kGet);
  EXPECT_THAT(read_text(client), HasSubstr("200 OK"));
}

TEST_F(EgressSupervised, WhatIsNotAgreedIsToldToTheClient) {
  SmallServer server(kServer, 80, http);
  const os::Fd client = dial("127.0.0.1", 3128);
  make_known(client, 7);
  send_text(client, "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n");
  ASSERT_TRUE(link_->send({.kind = Kind::answer, .question = hear(Kind::asked).question}));
  EXPECT_THAT(read_text(client), AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("not_agreed")));
  const os::Fd socks = dial("127.0.0.1", 1080);
  make_known(socks, 8);
  send_text(socks, std::string("\x05\x01\x00", 3));
  send_text(socks, std::string("\x05\x01\x00\x03\x09", 5) + "a.example" + std::string("\x00\x50", 2));
  const LinkMessage asked = hear(Kind::asked);
  EXPECT_TRUE(asked.socks);
  ASSERT_TRUE(link_->send({.kind = Kind::answer, .question = asked.question}));
  EXPECT_THAT(read_text(socks), StartsWith(std::string("\x05\x00\x05\x02", 4)));
  EXPECT_EQ(server.connections(), 0);
  EXPECT_THAT(refusals(), ElementsAre("a.example:80 not_agreed"));
}

TEST_F(EgressSupervised, WithoutASupervisorNothingIsAgreed) {
  SmallServer server(kServer, 80, http);
  const os::Fd client = dial("127.0.0.1", 3128);
  make_known(client, 7);
  send_text(client, "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n");
  (void)hear(Kind::asked);
  link_.reset();
  EXPECT_THAT(read_text(client), StartsWith("HTTP/1.1 403"));
  const os::Fd late = dial("127.0.0.1", 3128);
  EXPECT_THAT(read_text(late), StartsWith("HTTP/1.1 403"));
  EXPECT_EQ(server.connections(), 0);
}

TEST(EgressSupervision, ASupervisedPolicyNeedsALink) {
  EgressPolicy policy;
  policy.supervised = true;
  EXPECT_FALSE(serve_egress({}, policy, {}));
  EXPECT_TRUE(egress_policy_from_json(to_json(policy))->supervised);
  EXPECT_FALSE(egress_policy_from_json(to_json(EgressPolicy()))->supervised);
}

}  // namespace
}  // namespace weir::gateway
