#include "gateway/resolver.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "gateway/dead_names.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

std::vector<Resolver::Answer> wait_for_answers(Resolver& resolver) {
  pollfd ready{resolver.fd(), POLLIN, 0};
  return ::poll(&ready, 1, 10'000) == 1 ? resolver.take() : std::vector<Resolver::Answer>();
}

TEST(Resolver, ADeadNameServerHoldsUpNobodyElse) {
  const DeadNames names;
  auto resolver = Resolver::create(names.function()).value();
  ASSERT_TRUE(resolver->ask(1, "dead.example"));
  ASSERT_TRUE(resolver->ask(2, "live.example"));
  const auto answers = wait_for_answers(*resolver);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].id, 2U);
  EXPECT_EQ(answers[0].addresses->front().text(), "192.0.2.1");
  resolver.reset();  // does not wait for the dead one
}

TEST(Resolver, TheQueueIsBounded) {
  const DeadNames names;
  auto resolver = Resolver::create(names.function()).value();
  std::size_t taken = 0;
  while (taken < 2 * limits::kResolverQueueMax && resolver->ask(taken, "dead.example"))
    ++taken;
  EXPECT_GE(taken, limits::kResolverQueueMax);
  EXPECT_LT(taken, 2 * limits::kResolverQueueMax);
}

}  // namespace
}  // namespace weir::gateway
