// The pipeline: questions, verdicts, observe mode, approvals, the kill switch, budgets, intents, determinism.
#include "guard/guard.h"

#include "guard/support.h"

namespace weir::guard {
namespace {

using event::Verdict;
using testing::has_policy;
using testing::kSecondNs;
using testing::pack_of;
using testing::Session;
using testing::shell_call;
using testing::shipped_pack;
using testing::tool_call;

// --- questions
// ------------------------------------------------------------------------------------------------

TEST(Prepare, AsksOnlyWhatIsMissing) {
  Guard guard(shipped_pack(), {.home = "/home/ann"});
  event::Event event = tool_call("Read", Json::object({{"file_path", "notes.txt"}}));
  guard.admit(event);
  Answers answers;
  std::set<std::string> keys;
  for (const auto& question : guard.prepare(event, answers))
    keys.insert(question.key());
  EXPECT_EQ(keys, (std::set<std::string>{"workspace:/workspace", "path:/workspace/notes.txt"}));
  for (const auto& key : keys)
    answers[key] = {};  // asked, and could not be answered
  EXPECT_TRUE(guard.prepare(event, answers).empty());
}

TEST(Prepare, NeverAsksMoreThanTheLimit) {
  Guard guard(shipped_pack(), {.home = "/home/ann", .workspace = "/workspace"});
  std::string command = "cat";
  for (int i = 0; i < 2000; ++i)
    command += " file" + std::to_string(i);
  event::Event event = shell_call(command);
  guard.admit(event);
  Answers answers;
  for (auto open = guard.prepare(event, answers); !open.empty(); open = guard.prepare(event, answers)) {
    for (const auto& question : open)
      answers[question.key()] = {};
    ASSERT_LE(answers.size(), kQuestionsMax);
  }
  EXPECT_FALSE(answers.empty());
}

TEST(Prepare, AnUnansweredPathIsJudgedByItsName) {
  Guard guard(shipped_pack(), {.home = "/home/ann", .workspace = "/workspace"});
  event::Event event = shell_call("rm -rf /srv/data");
  guard.admit(event);
  EXPECT_EQ(guard.decide(event, {}, {.decision_id = "d"}).verdict, Verdict::deny);
}

TEST(Prepare, AScriptIsReadLikeTheCommandLine) {
  Session session(shipped_pack());
  session.machine.scripts["/workspace/deploy.sh"] =
      "#!/bin/sh\n. ./lib.sh\nterraform destroy -auto-approve\n";
  const auto decision = session.run("sh deploy.sh");
  EXPECT_EQ(decision.verdict, Verdict::ask);
  EXPECT_TRUE(has_policy(decision, "infra.delete")) << testing::described(decision);
  EXPECT_FALSE(decision.assumptions["scripts"]["/workspace/deploy.sh"].text_or("").empty());
  // Its digest is part of what an approval is bound to.
  session.machine.scripts["/workspace/deploy.sh"] += "# changed\n";
  EXPECT_NE(session.run("sh deploy.sh").call_digest, decision.call_digest);
}

TEST(Prepare, ScriptsThatCallEachOtherEnd) {
  Session session(shipped_pack());
  session.machine.scripts["/workspace/a.sh"] = "#!/bin/sh\nsh b.sh\n";
  session.machine.scripts["/workspace/b.sh"] = "#!/bin/sh\nsh a.sh\nrm -rf /srv/data\n";
  EXPECT_EQ(session.run("sh a.sh").verdict, Verdict::deny);
}

TEST(Prepare, APushWithoutABranchGoesToTheCurrentOne) {
  Session session(shipped_pack());
  session.machine.branch = "topic";
  EXPECT_EQ(session.run("git push --force").verdict, Verdict::allow);
  session.machine.branch = "main";
  EXPECT_EQ(session.run("git push --force").verdict, Verdict::ask);
  session.machine.branch = "";  // detached: the branch is not known, so it counts as shared
  EXPECT_EQ(session.run("git push --force").verdict, Verdict::ask);
}

// --- the workspace
// --------------------------------------------------------------------------------------------

TEST(Workspace, IsTheRepositoryAroundTheFirstWorkingDirectoryAndStays) {
  Session session(shipped_pack());
  session.machine.workspace = "/srv/shop";
  EXPECT_EQ(session.call(shell_call("rm -rf build", "/srv/shop/src")).verdict, Verdict::allow);
  EXPECT_EQ(session.guard.state().workspace, "/srv/shop");
  session.machine.workspace = "/srv";
  EXPECT_EQ(session.call(shell_call("rm -rf data", "/srv")).verdict, Verdict::deny);
  EXPECT_EQ(session.guard.state().workspace, "/srv/shop");
}

TEST(Workspace, AHomeOrTheRootOfTheDiskIsNone) {
  for (const char* root : {"/", "/home", "/home/ann"}) {
    Session session(shipped_pack());
    session.machine.workspace = root;
    const auto decision = session.call(shell_call("rm -rf Documents/letters", "/home/ann"));
    EXPECT_EQ(session.guard.state().workspace, "") << root;
    EXPECT_EQ(decision.verdict, Verdict::deny) << root << testing::described(decision);
  }
}

TEST(Workspace, ALinkThatLeadsOutIsOutside) {
  Session session(shipped_pack());
  session.machine.links["/workspace/data"] = "/srv/data";
  session.machine.links["/workspace/notes"] = "/home/ann/.ssh/id_rsa";
  // Below a linked directory the file itself lies elsewhere; the link is only a name in the workspace.
  EXPECT_EQ(session.run("rm -rf data/old").verdict, Verdict::deny);
  EXPECT_EQ(session.run("rm data").verdict, Verdict::allow);
  const auto read = session.call(tool_call("Read", Json::object({{"file_path", "/workspace/notes"}})));
  EXPECT_EQ(read.verdict, Verdict::ask);
  EXPECT_TRUE(has_policy(read, "secrets.credential-read"));
  EXPECT_EQ(read.assumptions["paths"]["/workspace/notes"].text_or(""), "/home/ann/.ssh/id_rsa");
}

TEST(Workspace, WeirsOwnPlacesAreProtectedWhereverTheyAre) {
  Session session(
      shipped_pack(),
      {.home = "/home/ann", .workspace = "", .weir_state = "/opt/w/state", .weir_config = "/opt/w/config"});
  EXPECT_TRUE(has_policy(session.run("cat /opt/w/state/keys/hook.key"), "guard.secrets"));
  EXPECT_TRUE(has_policy(session.run("echo > /opt/w/config/policies/a.cedar"), "guard.files"));
  EXPECT_EQ(session.run("cat /opt/w/config/policies/a.cedar").verdict, Verdict::allow);
}

// --- verdicts
// -------------------------------------------------------------------------------------------------

TEST(Verdicts, TheStrongestOfAllActionsWins) {
  Session session(pack_of(R"(
    @id("w") @decision("warn") @reason("warned") forbid (principal, action == Action::"file.read", resource);
    @id("a") @decision("ask") @reason("asked") forbid (principal, action == Action::"file.write", resource);
    @id("g") @decision("guide") @advice("use trash") @reason("guided")
    forbid (principal, action == Action::"file.delete", resource);)"));
  EXPECT_EQ(session.run("cat a").verdict, Verdict::warn);
  EXPECT_EQ(session.run("cat a > b").verdict, Verdict::ask);
  const auto decision = session.run("cat a > b; rm c");
  EXPECT_EQ(decision.verdict, Verdict::guide);
  EXPECT_EQ(decision.reason, "guided");
  EXPECT_EQ(decision.advice, "use trash");
  ASSERT_GE(decision.policies.size(), 3u);
  EXPECT_EQ(decision.policies[0].policy, "g");
  EXPECT_EQ(decision.policies[1].policy, "a");
}

TEST(Verdicts, NothingIsAllowedThatNoPolicyPermits) {
  Session session(pack_of(R"(@id("reads") permit (principal, action == Action::"tool.call", resource);
                             @id("r") permit (principal, action == Action::"file.read", resource);)",
                          false));
  EXPECT_EQ(session.call(tool_call("Read", Json::object({{"file_path", "a"}}))).verdict, Verdict::allow);
  const auto decision = session.call(tool_call("Write", Json::object({{"file_path", "a"}, {"content", ""}})));
  EXPECT_EQ(decision.verdict, Verdict::deny);
  EXPECT_TRUE(has_policy(decision, "default-deny"));
}

TEST(Verdicts, AForbidThatErrsRefusesAndSaysSo) {
  Session session(pack_of(R"(@id("broken") forbid (principal, action == Action::"file.read", resource)
                             when { context.session.calls - 9223372036854775807 - 2 < 0 };)"));
  const auto decision = session.run("cat a");
  EXPECT_EQ(decision.verdict, Verdict::deny);
  ASSERT_TRUE(has_policy(decision, "broken"));
  EXPECT_FALSE(decision.policies[0].error.empty());
  EXPECT_NE(decision.reason.find("could not be evaluated"), std::string::npos) << decision.reason;
}

TEST(Verdicts, APermitThatErrsPermitsNothing) {
  Session session(pack_of(
      R"(@id("broken") permit (principal, action, resource) when { context.session.calls - 9223372036854775807 - 2 < 0 };)",
      false));
  EXPECT_TRUE(has_policy(session.run("ls"), "default-deny"));
}

TEST(Verdicts, QuarantineFreezesTheSession) {
  Session session(pack_of(R"(@id("trap") @decision("quarantine") @reason("a trap was sprung")
                             forbid (principal, action == Action::"file.read", resource)
                             when { resource.name == "canary" };)"));
  EXPECT_EQ(session.run("cat canary").verdict, Verdict::quarantine);
  const auto later = session.run("ls");
  EXPECT_EQ(later.verdict, Verdict::quarantine);
  EXPECT_NE(later.reason.find("a trap was sprung"), std::string::npos);
}

TEST(Verdicts, SubAgentsAreTheirOwnPrincipalInTheirAgent) {
  Session session(pack_of(R"(@id("explorers-read") forbid (principal == SubAgent::"claude-code/Explore",
                             action == Action::"file.write", resource);
                             @id("claude-no-delete") forbid (principal in Agent::"claude-code",
                             action == Action::"file.delete", resource);)"));
  event::Event write = shell_call("echo x > a");
  EXPECT_EQ(session.call(write).verdict, Verdict::allow);
  write.agent.id = "a1";
  write.agent.type = "Explore";
  EXPECT_TRUE(has_policy(session.call(write), "explorers-read"));
  event::Event remove = shell_call("rm a");
  remove.agent = write.agent;
  EXPECT_TRUE(has_policy(session.call(remove), "claude-no-delete"));
}

// --- observe
// --------------------------------------------------------------------------------------------------

TEST(Observe, ASessionInObserveRunsEverythingAndRecordsWhatWouldHaveBeen) {
  Session session(shipped_pack());
  session.supplied.mode = Mode::observe;
  const auto decision = session.run("rm -rf /srv/data");
  EXPECT_EQ(decision.verdict, Verdict::warn);
  EXPECT_EQ(decision.would, Verdict::deny);
  EXPECT_TRUE(has_policy(decision, "files.delete-outside"));
  EXPECT_EQ(session.run("ls").verdict, Verdict::allow);
  const auto ask = session.run("git push --force origin main");
  EXPECT_EQ(ask.verdict, Verdict::warn);
  EXPECT_EQ(ask.would, Verdict::ask);
  EXPECT_EQ(ask.approval_id, "");
}

TEST(Observe, APolicyInObserveIsRecordedAndDoesNotCount) {
  Session session(pack_of(R"(@id("trial") @mode("observe") @reason("trial")
                             forbid (principal, action == Action::"file.read", resource);
                             @id("real") @decision("ask") @reason("real")
                             forbid (principal, action == Action::"file.write", resource);)"));
  const auto decision = session.run("cat a");
  EXPECT_EQ(decision.verdict, Verdict::allow);
  ASSERT_TRUE(has_policy(decision, "trial"));
  EXPECT_EQ(decision.policies[0].mode, "observe");
  const auto both = session.run("cat a > b");
  EXPECT_EQ(both.verdict, Verdict::ask);
  EXPECT_EQ(both.reason, "real");
}

TEST(Observe, AStoppedSessionIsStoppedInObserveToo) {
  Session session(shipped_pack());
  session.supplied.mode = Mode::observe;
  session.control("stop", "enough");
  EXPECT_EQ(session.run("ls").verdict, Verdict::quarantine);
}

// --- the kill switch
// ------------------------------------------------------------------------------------------

TEST(Stop, RefusesEverythingUntilResumed) {
  Session session(shipped_pack());
  EXPECT_EQ(session.run("ls").verdict, Verdict::allow);
  session.control("stop", "it went wild");
  const auto decision = session.run("ls");
  EXPECT_EQ(decision.verdict, Verdict::quarantine);
  EXPECT_TRUE(has_policy(decision, "session.stopped"));
  EXPECT_NE(decision.reason.find("it went wild"), std::string::npos);
  session.control("resume");
  EXPECT_EQ(session.run("ls").verdict, Verdict::allow);
}

// --- budgets and intents
// --------------------------------------------------------------------------------------

TEST(Budgets, CountWhatWasReleasedAndNotWhatWasRefused) {
  Session session(shipped_pack());
  (void)session.run("rm build/a build/b");
  EXPECT_EQ(session.guard.state().counters.deletes, 2);
  (void)session.run("rm -rf /srv/data");
  EXPECT_EQ(session.guard.state().counters.deletes, 2);
  EXPECT_EQ(session.guard.state().counters.refusals, 1);
  EXPECT_EQ(session.guard.state().counters.calls, 2);
}

TEST(Budgets, OnlyEvidenceThatACallDidNotRunTakesItBack) {
  Session session(shipped_pack());
  (void)session.run("rm build/a");  // call-1
  session.result("call-1", false);  // failed or not: presumed executed
  EXPECT_EQ(session.guard.state().counters.deletes, 1);
  event::Event second = shell_call("rm build/b");
  second.corr["tool_use_id"] = "two";
  (void)session.call(second);
  EXPECT_EQ(session.guard.state().counters.deletes, 2);
  session.result("two", true);
  EXPECT_EQ(session.guard.state().counters.deletes, 1);
  session.result("two", true);  // once
  EXPECT_EQ(session.guard.state().counters.deletes, 1);
}

TEST(Budgets, PoliciesSeeThem) {
  Session session(pack_of(R"(@id("two") forbid (principal, action == Action::"file.write", resource)
                             when { context.session.writes >= 2 };)"));
  EXPECT_EQ(session.run("echo 1 > a").verdict, Verdict::allow);
  EXPECT_EQ(session.run("echo 2 > b").verdict, Verdict::allow);
  EXPECT_EQ(session.run("echo 3 > c").verdict, Verdict::deny);
}

TEST(Intents, LiveFromReleaseToResult) {
  Session session(shipped_pack());
  event::Event call = shell_call("make");
  call.corr["tool_use_id"] = "m";
  (void)session.call(call);
  EXPECT_TRUE(session.guard.state().intents.contains("m"));
  session.result("m", false);
  EXPECT_FALSE(session.guard.state().intents.contains("m"));
  event::Event refused = shell_call("rm -rf /srv");
  refused.corr["tool_use_id"] = "r";
  (void)session.call(refused);
  EXPECT_FALSE(session.guard.state().intents.contains("r"));
  EXPECT_TRUE(session.guard.state().judged.contains("r"));
}

TEST(Intents, AQuestionAboutAnEarlierCallReservesNothing) {
  Session session(shipped_pack());
  event::Event call = shell_call("rm build/a");
  call.data.set("phase", "permission");
  (void)session.call(call);
  EXPECT_EQ(session.guard.state().counters.calls, 0);
  EXPECT_TRUE(session.guard.state().intents.empty());
}

TEST(Intents, AreBounded) {
  Session session(shipped_pack());
  for (int i = 0; i < 1100; ++i) {
    event::Event call = tool_call("TodoWrite", Json::object({{"todos", Json::array()}}));
    call.corr["tool_use_id"] = "t" + std::to_string(i);
    (void)session.call(call);
  }
  EXPECT_EQ(session.guard.state().intents.size(), 1024u);
  EXPECT_FALSE(session.guard.state().intents.contains("t0"));
}

// --- determinism
// ----------------------------------------------------------------------------------------------

TEST(Determinism, TheSameInputsGiveTheSameBytes) {
  const auto play = [] {
    Session session(shipped_pack());
    session.machine.links["/workspace/notes"] = "/home/ann/.ssh/id_rsa";
    std::string all;
    for (const char* command : {"ls", "rm -rf /srv", "git push --force origin main", "cat notes", "rm a b c"})
      all += canonical(event::to_json(session.run(command))) + "\n";
    return all;
  };
  EXPECT_EQ(play(), play());
}

TEST(Determinism, ARepeatedRefusalNamesTheFirst) {
  Session session(shipped_pack());
  const auto first = session.run("rm -rf /srv/data");
  EXPECT_EQ(first.replaces, "");
  EXPECT_EQ(session.run("rm -rf /srv/data").replaces, first.id);
}

TEST(Limits, MoreActionsThanAreJudgedBecomeOneOpaqueAction) {
  Session session(shipped_pack());
  std::string command;
  for (int i = 0; i < 400; ++i)
    command += "touch f" + std::to_string(i) + "; ";
  const auto decision = session.run(command);
  EXPECT_LE(decision.actions.size(), limits::kActionsMax);
  EXPECT_EQ(decision.actions.back().certainty, event::Certainty::opaque);
  EXPECT_LE(canonical(event::to_json(decision)).size(), limits::kDecisionBytesMax);
}

}  // namespace
}  // namespace weir::guard
