#include "gateway/egress_budget.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

TEST(EgressBudget, TheSmallerOfBothHolds) {
  const EgressRule a = parse_allow("a.example").value();
  const EgressRule b = parse_allow("*.b.example").value();
  EgressBudget budget({.sent_bytes = 100, .sent_each_bytes = 60, .received_each_bytes = 10});
  EXPECT_EQ(budget.may_send(a), 60U);
  budget.sent(a, 50);
  EXPECT_EQ(budget.may_send(a), 10U);
  EXPECT_EQ(budget.may_send(b), 50U);
  budget.sent(b, 50);
  EXPECT_EQ(budget.may_send(a), 0U);
  EXPECT_EQ(budget.may_send(b), 0U);
  budget.received(a, 11);  // more than there was is none left, not very much
  EXPECT_EQ(budget.may_receive(a), 0U);
  EXPECT_EQ(budget.may_receive(b), 10U);
}

TEST(EgressBudget, NothingSaidIsNoLimit) {
  const EgressRule a = parse_allow("a.example").value();
  EgressBudget budget({});
  budget.sent(a, UINT64_C(1) << 60);
  EXPECT_EQ(budget.may_send(a), UINT64_MAX);
  EXPECT_EQ(budget.may_receive(a), UINT64_MAX);
}

}  // namespace
}  // namespace weir::gateway
