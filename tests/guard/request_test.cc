// The guard's requests agree with the schema, whatever a command does. The cases of tests/cases/policy and
// all other tests of the room are held to it by Session::call (support.h); here come strange inputs and,
// where it lies beside the checkout, a sample of thousands of real commands.
#include "guard/request.h"

#include <filesystem>
#include <fstream>

#include "guard/support.h"

namespace weir::guard {
namespace {

using testing::Session;
using testing::shipped_pack;

CedarRequest request_of(const event::Action& action, event::Event event = testing::shell_call("x")) {
  static const SessionState state;
  static const GuardOptions options;
  const Situation situation{event, state, options, "enforce", "same_user"};
  return Requests(situation, *shipped_pack()).of(action);
}

TEST(Requests, AnAttributeThatIsNotDeclaredDoesNotReachAPolicy) {
  const Json attrs = Json::object({{"branch", "main"},
                                   {"surprise", "text"},
                                   {"operation", 7},
                                   {"classes", "not a list"},
                                   {"force", true},
                                   {"delete", false}});
  const auto one = request_of({"vcs.push", "Repository", "origin", event::Certainty::certain, {}, attrs});
  EXPECT_EQ(testing::mismatch(one, *shipped_pack()->schema()), "");
  EXPECT_EQ(one.request.context().find("attrs")->text(), "{branch: \"main\"}");
  EXPECT_EQ(one.request.context().find("flags")->text(), "[\"force\"]");
}

TEST(Requests, AnAgentThatAddressesItsOwnKindIsOneEntity) {
  event::Event event = testing::shell_call("claude -p x");
  event.agent.version = "2.1";
  const auto one = request_of(
      {"agent.spawn", "Agent", "claude-code", event::Certainty::certain, {}, Json::object()}, event);
  EXPECT_EQ(testing::mismatch(one, *shipped_pack()->schema()), "");
  EXPECT_TRUE(cedar::Entities::make(one.entities));
}

TEST(Requests, ASubAgentIsInItsAgentAndThatInItsUser) {
  event::Event event = testing::shell_call("x");
  event.user = "ann";
  event.agent.id = "a1";
  event.agent.type = "general-purpose";
  const auto one =
      request_of({"file.read", "Path", "/a", event::Certainty::certain, {}, Json::object()}, event);
  const auto entities = cedar::Entities::make(one.entities);
  ASSERT_TRUE(entities);
  EXPECT_EQ(one.request.principal().text(), "SubAgent::\"claude-code/general-purpose\"");
  EXPECT_TRUE(entities->is_in(one.request.principal(), cedar::EntityUid("User", "ann")));
}

TEST(Requests, APathKnowsItsPlaceInTheWorkspace) {
  Session session(testing::pack_of(R"(@id("src") @decision("ask") @reason("r")
      forbid (principal, action == Action::"file.write", resource) when { resource.relative like "src/*" };)"));
  EXPECT_EQ(session.run("touch src/a.cc").verdict, event::Verdict::ask);
  EXPECT_EQ(session.run("touch docs/a.md").verdict, event::Verdict::allow);
  EXPECT_EQ(session.run("touch /tmp/src/a.cc").verdict, event::Verdict::allow);
}

TEST(Requests, TheCommandLineIsThereWhateverTheAgentCallsIt) {
  const auto pack = testing::pack_of(R"(@id("line") @decision("ask") @reason("r")
      forbid (principal, action == Action::"tool.call", resource) when { context.command like "make *" };)");
  Session session(pack);
  EXPECT_EQ(session.run("make install").verdict, event::Verdict::ask);
  event::Event codex = testing::tool_call("exec_command", Json::object({{"cmd", "make install"}}));
  codex.agent.name = "codex";
  EXPECT_EQ(session.call(codex).verdict, event::Verdict::ask);
}

TEST(Requests, AProductionDatabaseIsInItsEnvironment) {
  Session session(testing::pack_of(R"(@id("prod") @decision("ask") @approvals("2") @reason("r")
      forbid (principal, action, resource in Environment::"production");)"));
  session.supplied.isolation = "system";
  EXPECT_EQ(session.run("kubectl --context prod-eu delete deployment web").verdict, event::Verdict::ask);
  EXPECT_EQ(session.run("kubectl --context dev delete deployment web").verdict, event::Verdict::allow);
}

TEST(Requests, ApprovalsOfThisVeryCallAreSeen) {
  Session session(testing::pack_of(R"(@id("held") @decision("ask") @reason("r")
      forbid (principal, action == Action::"vcs.push", resource);
      @id("two") @decision("deny") @reason("not yet") @mode("observe")
      forbid (principal, action == Action::"vcs.push", resource) when { context.approvals < 1 };)"));
  const auto asked = session.run("git push");
  EXPECT_TRUE(testing::has_policy(asked, "two"));
  ASSERT_TRUE(session.answer(asked.approval_id, true));
  EXPECT_FALSE(testing::has_policy(session.run("git push"), "two"));
}

TEST(Requests, OfRealCommandsAgreeWithTheSchema) {
  const std::filesystem::path file =
      std::filesystem::path(WEIR_SOURCE_DIR) / "../shared/data/commands.dev.jsonl";
  std::ifstream in(file);
  if (!in) GTEST_SKIP() << "the shared data is not beside the checkout";
  std::string line;
  int count = 0;
  for (int number = 0; std::getline(in, line); ++number) {
    if (number % 3 != 0) continue;
    const auto row = parse_json(line);
    ASSERT_TRUE(row) << line;
    Session session(shipped_pack());
    (void)session.run(std::string((*row)["command"].text_or("")));
    ++count;
  }
  EXPECT_GT(count, 100);
}

}  // namespace
}  // namespace weir::guard
