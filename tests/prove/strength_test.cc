// The guard's order of answers, as the comparison sees it: each pair of policies differs in one thing that
// only the guard's semantics knows.
#include "prove/strength.h"

#include <gmock/gmock.h>

#include "prove/compare.h"
#include "prove/domain.h"
#include "prove/support.h"

namespace weir::prove {
namespace {

using namespace testing_support;
using Verdict = EnvironmentComparison::Verdict;

constexpr const char* kSchema = R"(
entity Agent;
entity Host { name: String };
action send appliesTo { principal: [Agent], resource: [Host], context: { size: Long, approved: Bool } };
)";

struct Pair {
  const char* before;
  const char* after;
  Verdict verdict;
};

const Pair kPairs[] = {
    // What only observes counts for nothing, not even as a permit.
    {R"(@id("a") permit(principal, action, resource);)",
     R"(@id("a") @mode("observe") permit(principal, action, resource);)", Verdict::tighter},
    {R"(@id("a") permit(principal, action, resource); @id("b") forbid(principal, action, resource);)",
     R"(@id("a") permit(principal, action, resource); @id("b") @mode("observe") forbid(principal, action, resource);)",
     Verdict::looser},
    {R"(@id("a") permit(principal, action, resource); @id("b") @mode("enforce") forbid(principal, action, resource);)",
     R"(@id("a") permit(principal, action, resource); @id("b") forbid(principal, action, resource);)",
     Verdict::equivalent},
    // Two people are more than one, and less than a refusal.
    {R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("ask") @approvals("2") forbid(principal, action, resource);)",
     R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("ask") forbid(principal, action, resource);)",
     Verdict::looser},
    {R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("ask") @approvals("2") forbid(principal, action, resource);)",
     R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("guide") forbid(principal, action, resource);)",
     Verdict::tighter},
    // The greatest number counts.
    {R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("ask") @approvals("2") forbid(principal, action, resource)
        when { context.approved };
        @id("c") @decision("ask") forbid(principal, action, resource);)",
     R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("ask") @approvals("2") forbid(principal, action, resource)
        when { context.approved };
        @id("c") @decision("ask") forbid(principal, action, resource) when { !context.approved };)",
     Verdict::equivalent},
    // A forbid that errs denies; one in mode observe does not.
    {R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("ask") forbid(principal, action, resource) when { context.size + 1 > 3 };)",
     R"(@id("a") permit(principal, action, resource);
        @id("b") @decision("ask") forbid(principal, action, resource) when { context.size > 2 };)",
     Verdict::looser},
    // A permit may warn.
    {R"(@id("a") @decision("warn") permit(principal, action, resource);)",
     R"(@id("a") permit(principal, action, resource);)", Verdict::looser},
};

TEST(Strength, IsTheGuardsOrder) {
  NEEDS_SOLVER();
  const auto types = schema(kSchema);
  Prover solver = prover();
  for (const auto& [before, after, verdict] : kPairs) {
    SCOPED_TRACE(after);
    const auto found = compare(policies(before), policies(after), types, solver, Semantics::weir);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(name(found->environments.at(0).verdict), name(verdict));
  }
}

// The number that examples get and the formula that the solver gets are one order: on every request of the
// domain each set is as strong as the guard's rule, written down a second time, makes it.
TEST(Strength, AgreesWithTheGuardsRuleOnEveryRequest) {
  const auto types = schema(kSchema);
  std::size_t seen = 0;
  for (const auto& pair : kPairs)
    for (const char* text : {pair.before, pair.after}) {
      const auto set = policies(text);
      Domain domain(types, types.environments().at(0));
      Dimensions all;
      for (const auto& policy : set.policies())
        for (const std::size_t at : domain.read(policy))
          if (std::find(all.begin(), all.end(), at) == all.end()) all.push_back(at);
      std::map<int, double> order;
      seen += domain.visit(all, false, [&](const Example& example) {
        const auto [at, added] =
            order.emplace(strength(Semantics::weir, set, example), guard_answer(set, example));
        EXPECT_EQ(at->second, guard_answer(set, example)) << text;
        return true;
      });
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; }));
    }
  EXPECT_GT(seen, 20u);
}

TEST(Strength, NamesTwoApprovals) {
  EXPECT_EQ(strength_name(Semantics::weir, strength_of(event::Verdict::ask, 2)), "ask, two approvals");
  for (const auto verdict :
       {event::Verdict::allow, event::Verdict::ask, event::Verdict::guide, event::Verdict::quarantine})
    EXPECT_EQ(strength_name(Semantics::weir, strength_of(verdict)), event::name(verdict));
  EXPECT_GT(strength_of(event::Verdict::guide), strength_of(event::Verdict::ask, 2));
}

}  // namespace
}  // namespace weir::prove
