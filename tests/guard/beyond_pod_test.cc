// What a program does beyond its pod, by its arguments, held against the calls that are running.
#include "guard/beyond_pod.h"

#include <gmock/gmock.h>

#include "guard/support.h"

namespace weir::guard {
namespace {

using event::Verdict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> verbs(const std::vector<std::string>& argv) {
  std::vector<std::string> out;
  for (const auto& action : beyond_pod(argv, {"/workspace", "/home/u", "/workspace"},
                                       testing::shipped_pack()->commands(), "codex"))
    out.push_back(action.verb + " " + action.resource);
  return out;
}

TEST(BeyondPod, ArgumentsAreWordsWhateverTheyHold) {
  EXPECT_THAT(verbs({"git", "push", "--force", "origin", "main"}), ElementsAre("vcs.push origin/main"));
  EXPECT_THAT(verbs({"/usr/bin/git", "-C", "it's here", "push"}), ::testing::SizeIs(1));
  EXPECT_THAT(verbs({"echo", "; git push"}), IsEmpty());
  EXPECT_THAT(verbs({"echo", "$(git push)"}), IsEmpty());
  EXPECT_THAT(verbs({"rm", "-rf", "/"}), IsEmpty());  // the pod's walls hold that
  EXPECT_THAT(verbs({"sh", "-c", "cd x && terraform destroy -auto-approve"}), Not(IsEmpty()));
  EXPECT_THAT(verbs({}), IsEmpty());
}

class BeyondPodCalls : public ::testing::Test {
 protected:
  void call(const std::string& command) {
    auto event = testing::shell_call(command);
    event.corr["tool_use_id"] = "a";
    EXPECT_TRUE(event::lets_run(session_.call(std::move(event)).verdict)) << command;
    session_.now_ns += testing::kSecondNs;
  }
  event::Decision begins(const std::vector<std::string>& argv, bool first = false,
                         const char* from = "tool") {
    event::Event event = testing::tool_call("", Json::object());
    event.kind = event::kind::kProgram;
    event.plane = event::plane::kOs;
    event.assurance = event::Assurance::kernel;
    event.data = Json::object(
        {{"from", from}, {"branch_ns", session_.now_ns}, {"fixed", true}, {"first", first}, {"how", "exec"}});
    event.body = Json::object(
        {{"program", "/usr/bin/" + argv[0]}, {"argv", Json::strings(argv)}, {"cwd", "/workspace"}});
    return session_.call(std::move(event));
  }
  static std::string why(const event::Decision& decision) {
    const auto& attrs = decision.actions.at(0).attrs;
    return std::string(attrs[attrs.has("what") ? "what" : "unexplained_by"].text_or(""));
  }

  testing::Session session_{testing::shipped_pack()};
};

TEST_F(BeyondPodCalls, WhatACallDoesNotSayIsJudgedAsACallWouldBe) {
  call("make release");
  const auto plain = begins({"cc", "-c", "x.c"});
  EXPECT_EQ(plain.verdict, Verdict::allow);
  EXPECT_EQ(plain.actions.size(), 1U);
  EXPECT_EQ(why(plain), "not-named");
  EXPECT_EQ(why(begins({"make", "-j2"})), "tool");
  const auto hidden = begins({"terraform", "destroy", "-auto-approve"});
  const auto said = session_.run("terraform destroy -auto-approve");
  EXPECT_FALSE(event::lets_run(hidden.verdict));
  EXPECT_EQ(hidden.verdict, said.verdict);
  EXPECT_EQ(hidden.actions.at(1).attrs["program"].text_or(""), "/usr/bin/terraform");
}

TEST_F(BeyondPodCalls, WhatTheCallSaidIsNotAskedTwice) {
  call("git push origin feature");
  const auto again = begins({"git", "push", "origin", "feature"});
  EXPECT_EQ(again.verdict, Verdict::allow) << again.reason;
  EXPECT_EQ(again.actions.size(), 1U);
  EXPECT_EQ(begins({"git", "push", "other", "feature"}).actions.size(), 2U);
}

TEST_F(BeyondPodCalls, TheShellThatRunsTheCallWasReadWithIt) {
  call("echo hello");
  EXPECT_EQ(why(begins({"bash", "-c", "terraform destroy"}, true)), "shell");
  EXPECT_EQ(begins({"bash", "-c", "terraform destroy"}, true).verdict, Verdict::allow);
  EXPECT_FALSE(event::lets_run(begins({"bash", "-c", "terraform destroy"}, false).verdict));
}

TEST_F(BeyondPodCalls, WhoseProgramItIsDecidesWhatIsRead) {
  call("make");
  for (const char* from : {"agent", "launcher"})
    EXPECT_EQ(begins({"terraform", "destroy"}, false, from).actions.size(), 1U) << from;
  EXPECT_EQ(why(begins({"true"}, false, "unknown")), "orphan");
  EXPECT_FALSE(event::lets_run(begins({"terraform", "destroy"}, false, "unknown").verdict));
  session_.result("a", false);
  session_.now_ns += testing::kSecondNs;
  event::Decision late = begins({"true"});
  EXPECT_EQ(why(late), "helper");  // its branch began after the call
}

}  // namespace
}  // namespace weir::guard
