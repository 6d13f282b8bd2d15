// Byte budgets of a run: for the whole session, and for each rule that allows something.
//
//   const std::uint64_t n = std::min<std::uint64_t>(waiting, budget.may_send(rule));
//   if (n == 0) … used up …
//   budget.sent(rule, n);
#pragma once

#include <cstdint>
#include <map>

#include "gateway/egress_policy.h"

namespace weir::gateway {

class EgressBudget {
 public:
  explicit EgressBudget(const EgressLimits& limits) : limits_(limits) {}

  std::uint64_t may_send(const EgressRule& rule) const;
  std::uint64_t may_receive(const EgressRule& rule) const;
  void sent(const EgressRule& rule, std::uint64_t bytes);
  void received(const EgressRule& rule, std::uint64_t bytes);

 private:
  struct Used {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
  };
  Used of(const EgressRule& rule) const;

  EgressLimits limits_;
  Used all_;
  std::map<const EgressRule*, Used> each_;  // rules of one policy, which outlives this
};

}  // namespace weir::gateway
