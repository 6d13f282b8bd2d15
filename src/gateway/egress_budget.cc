#include "gateway/egress_budget.h"

#include <algorithm>

namespace weir::gateway {
namespace {

std::uint64_t left(std::uint64_t limit, std::uint64_t used) {
  if (limit == 0) return UINT64_MAX;
  return limit > used ? limit - used : 0;
}

}  // namespace

EgressBudget::Used EgressBudget::of(const EgressRule& rule) const {
  const auto found = each_.find(&rule);
  return found == each_.end() ? Used() : found->second;
}

std::uint64_t EgressBudget::may_send(const EgressRule& rule) const {
  return std::min(left(limits_.sent_bytes, all_.sent), left(limits_.sent_each_bytes, of(rule).sent));
}

std::uint64_t EgressBudget::may_receive(const EgressRule& rule) const {
  return std::min(left(limits_.received_bytes, all_.received),
                  left(limits_.received_each_bytes, of(rule).received));
}

void EgressBudget::sent(const EgressRule& rule, std::uint64_t bytes) {
  all_.sent += bytes;
  each_[&rule].sent += bytes;
}

void EgressBudget::received(const EgressRule& rule, std::uint64_t bytes) {
  all_.received += bytes;
  each_[&rule].received += bytes;
}

}  // namespace weir::gateway
