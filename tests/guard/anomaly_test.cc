// What is unusual about a call: policies see it, nothing is refused because of it alone, facts do not carry
// it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guard/support.h"

namespace weir::guard::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const event::Finding kUnusual{.rule = "anomaly.first-seen",
                              .evidence_class = "anomaly",
                              .severity = event::Severity::low,
                              .techniques = {"T1059"},
                              .span = {},
                              .message = "The program `scp` was never seen in 412 calls of this repository"};

std::string policy(std::string_view decision, std::string_view when) {
  return "@id(\"test.unusual\") @reason(\"This is unusual.\") @severity(\"low\") @class(\"policy\") "
         "@control(\"ASI10\") @decision(\"" +
         std::string(decision) +
         "\")\nforbid (principal, action == Action::\"shell.exec\", resource)\nwhen { " + std::string(when) +
         " };\n";
}

constexpr std::string_view kWhenUnusual = R"(context.findings.rules.contains("anomaly.first-seen"))";

event::Decision decided(const std::string& policies, const std::string& command = "scp a b:") {
  Session session(pack_of(policies));
  session.supplied.anomalies = {kUnusual};
  return session.run(command);
}

TEST(AnomalyFindings, AreInTheDecisionAndChangeNothingByThemselves) {
  const auto decision = decided("");
  EXPECT_EQ(decision.verdict, event::Verdict::allow) << described(decision);
  EXPECT_THAT(decision.findings, Contains(kUnusual));
}

TEST(AnomalyFindings, APolicyMayWarnAndAsk) {
  EXPECT_EQ(decided(policy("warn", kWhenUnusual)).verdict, event::Verdict::warn);
  const auto asked = decided(policy("ask", R"(context.findings.classes.contains("anomaly"))"));
  EXPECT_EQ(asked.verdict, event::Verdict::ask);
  EXPECT_EQ(asked.reason, "This is unusual.");
}

TEST(AnomalyFindings, NoPolicyRefusesOnThemAlone) {
  for (const char* verdict : {"deny", "guide", "quarantine"}) {
    Session session(pack_of(policy(verdict, kWhenUnusual)));
    session.supplied.anomalies = {kUnusual};
    const auto decision = session.run("scp a b:");
    EXPECT_EQ(decision.verdict, event::Verdict::ask) << verdict;
    EXPECT_THAT(decision.reason, HasSubstr("This is unusual. What speaks for that is only"));
    EXPECT_TRUE(has_policy(decision, "test.unusual"));
    EXPECT_FALSE(decision.approval_id.empty());
    EXPECT_FALSE(session.guard.state().stopped);
  }
}

TEST(AnomalyFindings, WhatIsRefusedAnywayStaysRefused) {
  const auto decision = decided(policy("deny", "true"));
  EXPECT_EQ(decision.verdict, event::Verdict::deny);
  EXPECT_EQ(decision.reason, "This is unusual.");
}

TEST(AnomalyFindings, AStrongerRefusalBecauseOfThemBecomesTheOneWithoutThem) {
  const std::string base =
      "@id(\"test.no\") @reason(\"Not this.\") @severity(\"low\") @class(\"policy\") @control(\"ASI10\") "
      "@decision(\"deny\")\nforbid (principal, action == Action::\"shell.exec\", resource);\n";
  const auto decision = decided(base + policy("quarantine", kWhenUnusual));
  EXPECT_EQ(decision.verdict, event::Verdict::deny);
  EXPECT_EQ(decision.reason, "Not this.");
}

TEST(AnomalyFindings, APolicyThatHoldsForAnotherReasonStillRefuses) {
  // A policy on classes that hits for another reason as well is not "alone".
  const auto decision = decided(
      policy("deny", R"(context.findings.classes.contains("anomaly") || context.session.calls >= 0)"));
  EXPECT_EQ(decision.verdict, event::Verdict::deny);
}

TEST(AnomalyFindings, FactsDoNotCarryThem) {
  PackSources sources = shipped_sources();
  sources.facts = {{"test.yaml",
                    "facts:\n  - name: was_unusual\n    says: Something unusual happened.\n"
                    "    when: once(finding_class = anomaly)\n"}};
  sources.policies = {{"test.cedar", "@id(\"base.allow\") permit (principal, action, resource);\n" +
                                         policy("deny", R"(context.facts.contains("was_unusual"))")}};
  const auto pack = Pack::load(sources);
  ASSERT_TRUE(pack) << pack.error().message();
  Session session(*pack);
  session.supplied.anomalies = {kUnusual};
  EXPECT_EQ(session.run("scp a b:").verdict, event::Verdict::allow);
  session.supplied.anomalies.clear();
  const auto later = session.run("ls");
  EXPECT_EQ(later.verdict, event::Verdict::allow) << described(later);
  EXPECT_THAT(later.facts, Not(Contains("was_unusual")));
}

TEST(AnomalyFindings, UnderstoodActionsAreThoseOfTheLastQuestion) {
  Session session(pack_of(""));
  event::Event event = shell_call("git push");
  event.id = "asked";
  session.guard.admit(event);
  EXPECT_TRUE(session.guard.understood(event).empty());
  (void)session.guard.prepare(event, {});
  EXPECT_FALSE(session.guard.understood(event).empty());
  event::Event other = event;
  other.id = "other";
  EXPECT_TRUE(session.guard.understood(other).empty());
}

}  // namespace
}  // namespace weir::guard::testing
