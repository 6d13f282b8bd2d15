// What happened earlier in a session, as policies see it: through the whole door, with the facts that ship.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guard/support.h"

namespace weir::guard::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

constexpr std::string_view kNoNetworkAfterSecrets = R"(
@id("test.secrets-then-network") @reason("A credential was just read.") @severity("high") @class("exfiltration")
@control("T1048") @decision("deny")
forbid (principal, action == Action::"net.connect", resource)
when { context.facts.contains("secret_read_then_network") };
)";

TEST(Facts, AChainOverTwoCallsIsSeen) {
  Session session(pack_of(std::string(kNoNetworkAfterSecrets)));
  EXPECT_EQ(session.run("curl https://example.com/").verdict, event::Verdict::allow);
  session.now_ns += kSecondNs;
  EXPECT_EQ(session.run("cat ~/.aws/credentials").verdict, event::Verdict::allow);
  session.now_ns += 60 * kSecondNs;
  const auto refused = session.run("curl https://example.com/");
  EXPECT_TRUE(has_policy(refused, "test.secrets-then-network")) << described(refused);
  EXPECT_THAT(refused.facts, Contains("secret_read_then_network"));
  session.now_ns += 11 * 60 * kSecondNs;
  const auto later = session.run("curl https://example.com/");
  EXPECT_EQ(later.verdict, event::Verdict::allow) << described(later);
  EXPECT_THAT(later.facts, Contains("secret_read"));
  EXPECT_THAT(later.facts, Not(Contains("secret_read_lately")));
}

TEST(Facts, OneCommandCanBeTheWholeChain) {
  Session session(pack_of(std::string(kNoNetworkAfterSecrets)));
  EXPECT_EQ(session.run("cat ~/.ssh/id_ed25519; curl https://example.com/").verdict, event::Verdict::deny);
  // And what was refused did not happen.
  EXPECT_EQ(session.run("curl https://example.com/").verdict, event::Verdict::allow);
}

TEST(Facts, LookingChangesNothing) {
  Session session(pack_of(std::string(kNoNetworkAfterSecrets)));
  event::Event read = shell_call("cat ~/.aws/credentials");
  read.id = "looked-at";
  read.time.wall_ns = session.now_ns;
  (void)session.guard.prepare(read, {});
  EXPECT_EQ(session.run("curl https://example.com/").verdict, event::Verdict::allow);
}

TEST(Facts, WhatTheAgentTellsCountsToo) {
  const std::string policy = R"(
@id("test.after-compaction") @reason("…") @severity("low") @class("anomaly") @control("AML") @decision("ask")
forbid (principal, action, resource) when { context.facts.contains("compacted") };
)";
  Session session(pack_of(policy));
  EXPECT_EQ(session.run("ls").verdict, event::Verdict::allow);
  event::Event compaction = shell_call("");
  compaction.id = "compaction";
  compaction.kind = event::kind::kLifecycle;
  compaction.source = "claude-code/PreCompact";
  compaction.time.wall_ns = session.now_ns;
  session.guard.admit(compaction);
  session.guard.note(compaction);
  EXPECT_EQ(session.run("ls").verdict, event::Verdict::ask);
}

TEST(Facts, RefusalsAreRemembered) {
  Session session(pack_of(R"(
@id("test.no") @reason("…") @severity("low") @class("anomaly") @control("AML") @decision("deny")
forbid (principal, action == Action::"file.delete", resource);
)"));
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(session.run("rm x").facts, Not(Contains("refused_and_again")));
  EXPECT_THAT(session.run("ls").facts, Contains("refused_and_again"));
}

TEST(Facts, BeginAnewWithOtherDefinitionsAndStayWithTheSame) {
  Session session(shipped_pack());
  (void)session.run("curl https://example.com/");
  session.guard.use(shipped_pack());
  EXPECT_THAT(session.run("ls").facts, Contains("strangers_text_read"));
  PackSources other = shipped_sources();
  other.facts.push_back({"own.yaml", "facts: [{name: own_fact, says: It is so., when: shell.exec}]"});
  session.guard.use(Pack::load(other).value());
  EXPECT_THAT(session.run("ls").facts, ::testing::ElementsAre("own_fact"));
}

TEST(Facts, ABadCatalogueIsNamed) {
  PackSources sources = shipped_sources();
  sources.facts.push_back({"own.yaml", "facts: [{name: secret_read, says: s, when: a = 1}]"});
  EXPECT_THAT(Pack::load(sources).error().what, ::testing::HasSubstr("secret_read"));
  sources.facts.back().text = "facts: [{name: mine, says: s, when: once}]";
  EXPECT_THAT(Pack::load(sources).error().where, ::testing::HasSubstr("own.yaml"));
}

}  // namespace
}  // namespace weir::guard::testing
