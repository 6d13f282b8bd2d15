// What time does to a connection; the rest is in egress_server_test.cc, with real networks.
#include "gateway/egress_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/dead_names.h"
#include "gateway/gateway_limits.h"
#include "os/clock.h"

namespace weir::gateway {
namespace {

using testing::StartsWith;

std::int64_t now_ms() {
  return os::monotonic_ns() / 1'000'000;
}

class EgressConnectionTime : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    client_ = os::Fd(ends[0]);
    policy_.rules.push_back(parse_allow("dead.example").value());
    connection_.emplace(1, os::Fd(ends[1]), EgressConnection::Front::proxy, services_);
    end_ = ends[1];
    connection_->begin();
  }
  void client_sends(std::string_view text) {
    ASSERT_EQ(::send(client_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    connection_->ready(end_, 0);
  }
  std::string client_gets() const {
    char buffer[2000];
    const ssize_t n = ::recv(client_.get(), buffer, sizeof buffer, 0);
    return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
  }

  EgressConnection& connection() { return *connection_; }

 private:
  DeadNames dead_;
  EgressPolicy policy_;
  Poller poller_ = Poller::create().value();
  SyntheticNames names_;
  EgressBudget budget_{EgressLimits{}};
  std::unique_ptr<Resolver> resolver_ = Resolver::create(dead_.function()).value();
  EgressServices services_{.policy = policy_,
                           .poller = poller_,
                           .resolver = *resolver_,
                           .names = names_,
                           .budget = budget_,
                           .tell = [](const EgressEvent&) {},
                           .is_own = [](const IpAddress&) { return false; },
                           .ended = {}};
  os::Fd client_;
  int end_ = -1;
  std::optional<EgressConnection> connection_;
};

TEST_F(EgressConnectionTime, AFirstMessageThatTricklesHasItsTimeAndNoMore) {
  const std::int64_t begun = now_ms();
  for (const char* piece : {"GET", " htt", "p://dead.exam"}) {
    client_sends(piece);
    connection().tick(begun + limits::kHeadMs - 1000);
    EXPECT_FALSE(connection().done());
  }
  connection().tick(now_ms() + limits::kHeadMs + 1);
  EXPECT_TRUE(connection().done());
}

TEST_F(EgressConnectionTime, ANameServerThatDoesNotAnswerIsGivenUp) {
  client_sends("CONNECT dead.example:443 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client_gets(), "");
  connection().tick(now_ms() + limits::kResolveMs + 1);
  EXPECT_THAT(client_gets(), StartsWith("HTTP/1.1 504"));
  // The client that does not read its refusal is not waited for.
  connection().tick(now_ms() + limits::kHeadMs);
  EXPECT_TRUE(connection().done());
}

}  // namespace
}  // namespace weir::gateway
