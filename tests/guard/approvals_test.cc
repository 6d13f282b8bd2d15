// Approvals: bound to one call, used once, expiring, by people who can be told apart.
#include "guard/approvals.h"

#include "guard/support.h"

namespace weir::guard {
namespace {

using event::Verdict;
using testing::kSecondNs;
using testing::pack_of;
using testing::Session;
using testing::shell_call;
using testing::shipped_pack;

constexpr const char* kAsk = "git push --force origin main";

TEST(Approvals, LetExactlyThisCallPassOnce) {
  Session session(shipped_pack());
  const auto asked = session.run(kAsk);
  ASSERT_EQ(asked.verdict, Verdict::ask);
  ASSERT_FALSE(asked.approval_id.empty());
  EXPECT_EQ(session.run(kAsk).approval_id, asked.approval_id);  // asked again: the same id
  ASSERT_TRUE(session.answer(asked.approval_id, true));
  const auto allowed = session.run(kAsk);
  EXPECT_EQ(allowed.verdict, Verdict::allow);
  ASSERT_TRUE(allowed.approval);
  EXPECT_EQ(allowed.approval->id, asked.approval_id);
  ASSERT_EQ(allowed.approval->approvers.size(), 1u);
  EXPECT_EQ(allowed.approval->approvers[0]["subject"].text_or(""), "uid:1000");
  const auto again = session.run(kAsk);
  EXPECT_EQ(again.verdict, Verdict::ask);
  EXPECT_NE(again.approval_id, asked.approval_id);
}

TEST(Approvals, DoNotFitAnAlteredCall) {
  Session session(shipped_pack());
  const auto asked = session.run(kAsk);
  ASSERT_TRUE(session.answer(asked.approval_id, true));
  EXPECT_EQ(session.run("git push --force origin main develop").verdict, Verdict::ask);
  EXPECT_EQ(session.call(shell_call(kAsk, "/workspace/sub")).verdict, Verdict::ask);
  event::Event other_session = shell_call(kAsk);
  other_session.session = "claude-code:test/sub";
  EXPECT_EQ(session.call(other_session).verdict, Verdict::ask);
  EXPECT_EQ(session.run(kAsk).verdict, Verdict::allow);  // the approved one still waits
}

TEST(Approvals, FieldsThatAreOnlyShownDoNotMatter) {
  Session session(shipped_pack());
  const auto asked = session.run(kAsk);
  ASSERT_TRUE(session.answer(asked.approval_id, true));
  event::Event described = shell_call(kAsk);
  described.body =
      Json::object({{"tool", "Bash"},
                    {"input", Json::object({{"command", kAsk}, {"description", "Publish the branch"}})},
                    {"cwd", "/workspace"}});
  EXPECT_EQ(session.call(described).verdict, Verdict::allow);
}

TEST(Approvals, Expire) {
  Session session(shipped_pack());
  const auto asked = session.run(kAsk);
  ASSERT_TRUE(session.answer(asked.approval_id, true));
  session.now_ns += GuardOptions{}.approval_ttl_ns + kSecondNs;
  EXPECT_EQ(session.run(kAsk).verdict, Verdict::ask);
  // And an answer after the time is an error that says so.
  const auto late = session.run(kAsk);
  session.now_ns += GuardOptions{}.approval_ttl_ns + kSecondNs;
  const Status answered = session.answer(late.approval_id, true);
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().code, ErrorCode::not_found);
}

TEST(Approvals, ANoIsRemembered) {
  Session session(shipped_pack());
  const auto asked = session.run(kAsk);
  ASSERT_TRUE(session.answer(asked.approval_id, false));
  const auto refused = session.run(kAsk);
  EXPECT_EQ(refused.verdict, Verdict::deny);
  EXPECT_NE(refused.reason.find("A person answered no"), std::string::npos);
  EXPECT_FALSE(session.answer(asked.approval_id, true));
}

TEST(Approvals, OfAnotherPackDoNotFit) {
  Session session(shipped_pack());
  const auto asked = session.run(kAsk);
  ASSERT_TRUE(session.answer(asked.approval_id, true));
  PackSources sources = testing::shipped_sources();
  sources.policies.push_back({"mine.cedar", "// changed\n"});
  session.guard.use(*Pack::load(sources));
  EXPECT_EQ(session.run(kAsk).verdict, Verdict::ask);
}

TEST(Approvals, TwoPeopleCannotBeHadFromOneUser) {
  const auto pack = pack_of(R"(@id("two") @decision("ask") @approvals("2") @reason("Needs two.")
                               forbid (principal, action == Action::"vcs.push", resource);)");
  Session same(pack);
  const auto refused = same.run("git push");
  EXPECT_EQ(refused.verdict, Verdict::deny);
  EXPECT_NE(refused.reason.find("cannot tell two people"), std::string::npos) << refused.reason;
  EXPECT_EQ(refused.approval_id, "");

  Session system(pack);
  system.supplied.isolation = "system";
  const auto asked = system.run("git push");
  ASSERT_EQ(asked.verdict, Verdict::ask);
  ASSERT_TRUE(system.answer(asked.approval_id, true, "ann"));
  EXPECT_EQ(system.run("git push").verdict, Verdict::ask);  // one of two
  const Status twice = system.answer(asked.approval_id, true, "ann");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::denied);
  ASSERT_TRUE(system.answer(asked.approval_id, true, "ben"));
  const auto allowed = system.run("git push");
  EXPECT_EQ(allowed.verdict, Verdict::allow);
  EXPECT_EQ(allowed.approval->approvers.size(), 2u);
}

TEST(Approvals, APermissionQuestionConsumesNone) {
  Session session(shipped_pack());
  const auto asked = session.run(kAsk);
  ASSERT_TRUE(session.answer(asked.approval_id, true));
  event::Event question = shell_call(kAsk);
  question.data.set("phase", "permission");
  EXPECT_EQ(session.call(question).verdict, Verdict::ask);
  EXPECT_EQ(session.run(kAsk).verdict, Verdict::allow);
}

TEST(Approvals, IdsAreShortAndWithoutLookAlikes) {
  const std::string id = approval_id("sha256:00", "decision");
  ASSERT_EQ(id.size(), 9u);
  EXPECT_EQ(id[4], '-');
  EXPECT_EQ(id.find_first_of("l1io"), std::string::npos) << id;
  EXPECT_NE(id, approval_id("sha256:01", "decision"));
}

TEST(Approvals, AreBounded) {
  Approvals approvals;
  for (int i = 0; i < 400; ++i)
    approvals.hold("digest" + std::to_string(i), "d", "", 1, i, 1'000'000);
  EXPECT_LE(approvals.open(500).size(), 256u);
  EXPECT_NE(approvals.find(approval_id("digest399", "d")), nullptr);
}

}  // namespace
}  // namespace weir::guard
