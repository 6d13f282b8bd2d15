// `weir pod exec` as a person calls it: exit codes, what is kept, what is said.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "os/files.h"
#include "os/process.h"
#include "support/namespaces.h"
#include "support/surroundings.h"
#include "support/throwaway_dir.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

class PodExec : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();
  const support::WithVariable weir_home_{"WEIR_HOME", top_ + "/weir"};
  const support::InDirectory here_{top_ + "/project"};

  void SetUp() override {
    if (const auto why = support::no_user_namespaces(); !why.empty()) GTEST_SKIP() << why;
  }
  void TearDown() override { (void)pods(); }
  // A command of the shell in a pod.
  static Ran in_pod(const std::string& script, std::vector<std::string> options = {}) {
    std::vector<std::string> argv = {"pod", "exec"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {"--", "sh", "-c", script});
    return run_weir(argv);
  }
  // Without the directories that are kept for the next ones, of which there are few.
  std::vector<std::string> pods() const {
    auto names = os::list_dir(top_ + "/weir/state/pods");
    EXPECT_LE(std::erase_if(names, [](const auto& name) { return name.starts_with(".empty-"); }), 4U);
    return names;
  }
  const std::string& top() const { return top_; }
};

TEST_F(PodExec, ProfilesAreJoinedAndFoundByWhatLiesInTheWorkspace) {
  const auto profile_of = [&](const std::vector<std::string>& options) {
    EXPECT_EQ(in_pod("touch made", options).code, 0);
    const auto record = os::read_file(top() + "/weir/state/pods/" + pods().at(0) + "/pod.json", 4096);
    std::filesystem::remove_all(top() + "/weir/state/pods");
    return record ? std::string((*parse_json(*record))["profile"].text_or("")) : std::string();
  };
  EXPECT_EQ(profile_of({}), "generic");
  EXPECT_EQ(profile_of({"--profile", "node,python"}), "node,python");
  ASSERT_TRUE(os::write_file_atomic(top() + "/project/package.json", "{}"));
  ASSERT_TRUE(os::write_file_atomic(top() + "/project/requirements.txt", ""));
  EXPECT_EQ(profile_of({}), "node,python");
  EXPECT_EQ(profile_of({"--profile", "generic"}), "generic");
  EXPECT_EQ(profile_of({"--profile", "auto,browser"}), "node,python,browser");
  ::setenv("PIP_INDEX_URL", "https://index.example", 1);
  ::setenv("NODE_ENV", "test", 1);
  EXPECT_EQ(in_pod("test \"$PIP_INDEX_URL$NODE_ENV\" = https://index.exampletest").code, 0);
  EXPECT_EQ(in_pod("test -z \"$PIP_INDEX_URL\"", {"--profile", "node"}).code, 0);
  ::unsetenv("PIP_INDEX_URL");
  ::unsetenv("NODE_ENV");
  EXPECT_THAT(in_pod("true", {"--profile", "node,,python"}).err, HasSubstr("not the name of a profile"));
}

TEST_F(PodExec, EndsWithTheCodeOfItsCommandAndLeavesNothing) {
  EXPECT_EQ(in_pod("exit 7").code, 7);
  EXPECT_EQ(in_pod("kill -TERM $$").code, 128 + 15);
  EXPECT_THAT(pods(), testing::IsEmpty());
}

TEST_F(PodExec, KeepsWhatChangedForTheReview) {
  const Ran said = in_pod("echo made > made");
  EXPECT_EQ(said.code, 0);
  EXPECT_THAT(said.err, HasSubstr("weir diff"));
  EXPECT_FALSE(os::exists("made"));
  EXPECT_EQ(pods().size(), 1U);
  EXPECT_THAT(run_weir({"diff"}).out, HasSubstr("A made"));
  EXPECT_EQ(run_weir({"commit", "made"}).code, 0);
  EXPECT_EQ(os::read_file("made", 100).value_or(""), "made\n");
}

TEST_F(PodExec, VariantsBeginWithTheStateOfAnotherPod) {
  ASSERT_TRUE(os::write_file_atomic("kept", "old\n"));
  ASSERT_TRUE(os::write_file_atomic("gone", "old\n"));
  EXPECT_EQ(in_pod("echo base > base; rm gone; echo new > kept").code, 0);
  const std::string first = pods().at(0);
  for (const char* name : {"one", "two", "three"})
    EXPECT_EQ(
        in_pod("test ! -e gone && test $(cat base kept | tr -d '\n') = basenew && test $(ls | wc -l) = 2 && "
               "echo x > " +
                   std::string(name),
               {"--from", first})
            .code,
        0);
  EXPECT_EQ(pods().size(), 4U);
  EXPECT_THAT(run_weir({"diff", "--stat", "--pod", first}).out, testing::Not(HasSubstr("three")));
  const auto listed = parse_json(run_weir({"pods", "--json"}).out);
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)["pods"].as_array().at(3)["from"].text_or(""), first);
  EXPECT_EQ((*listed)["pods"].as_array().at(0)["from"].text_or(""), "");
  EXPECT_EQ(in_pod("test -e three && echo more > four", {"--from", "last"}).code, 0);
  EXPECT_EQ(run_weir({"commit"}).code, 0);
  EXPECT_TRUE(os::exists("base") && os::exists("three") && os::exists("four"));
  EXPECT_FALSE(os::exists("gone") || os::exists("one"));
}

TEST_F(PodExec, WhatTheHostChangedSinceTheFirstPodIsAConflictOfItsVariants) {
  ASSERT_TRUE(os::write_file_atomic("kept", "old\n"));
  EXPECT_EQ(in_pod("echo new > kept").code, 0);
  ::usleep(50'000);  // the next tick of the file system's clock
  ASSERT_TRUE(os::write_file_atomic("kept", "the host's\n"));
  ::usleep(50'000);
  EXPECT_EQ(in_pod("true", {"--from", "last"}).code, 0);
  EXPECT_EQ(run_weir({"commit"}).code, 1);
  EXPECT_EQ(os::read_file("kept", 100).value_or(""), "the host's\n");
}

TEST_F(PodExec, WhatCannotBeBegunWithIsToldAndLeavesNothing) {
  EXPECT_THAT(in_pod("true", {"--from", "last"}).err, HasSubstr("no pod has worked on this directory"));
  EXPECT_THAT(in_pod("true", {"--from", "0199"}).err, HasSubstr("there is no such pod"));
  EXPECT_THAT(in_pod("true", {"--from", ""}).err, HasSubstr("there is no such pod"));
  EXPECT_EQ(in_pod("touch made").code, 0);
  const std::string first = pods().at(0);
  ASSERT_TRUE(os::make_dirs(top() + "/other"));
  std::filesystem::current_path(top() + "/other");
  EXPECT_THAT(in_pod("true", {"--from", first}).err, HasSubstr("worked on another directory"));
  std::filesystem::current_path(top() + "/project");
  const auto held = os::lock_file(top() + "/weir/state/pods/" + first + "/pod.lock");
  ASSERT_TRUE(held);
  const Ran running = in_pod("true", {"--from", first});
  EXPECT_EQ(running.code, 125);
  EXPECT_THAT(running.err, HasSubstr("still runs"));
  EXPECT_EQ(pods().size(), 1U);
}

TEST_F(PodExec, SaysWhatWasVerifiedAsJson) {
  const Ran said = in_pod("exit 3", {"--json", "--limits", "memory=1G,processes=64"});
  EXPECT_EQ(said.code, 3);
  const auto json = parse_json(said.err);
  ASSERT_TRUE(json) << said.err;
  EXPECT_EQ((*json)["exit"].int_or(0), 3);
  EXPECT_EQ((*json)["report"]["level"].text_or(""), "L3");
  EXPECT_FALSE((*json)["changed"].bool_or(true));
  EXPECT_EQ((*json)["report"]["limits"].as_array()[0]["value"].int_or(0), 1 << 30);
}

TEST_F(PodExec, FailuresOfItsOwnAre125AndLeaveNothing) {
  const std::pair<std::vector<std::string>, const char*> bad[] = {
      {{"--profile", "none-such"}, "generic"},
      {{"--profile", "../../etc/passwd"}, "not the name of a profile"},
      {{"--limits", "memory=much"}, "not a size"},
      {{"--limits", "memory"}, "NAME=VALUE"},
      {{"--level", "L9"}, "no such level"},
      {{"--ro", "/none-such"}, "nothing to show"},
      {{"--bind", "/"}, "the launcher's own"},
      {{"--ro", top() + "/weir"}, "Weir's own files"},
  };
  for (const auto& [options, says] : bad) {
    const Ran said = in_pod("touch ran", options);
    EXPECT_EQ(said.code, 125) << options[1];
    EXPECT_THAT(said.err, HasSubstr(says));
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
  }
  EXPECT_EQ(run_weir({"pod", "exec"}).code, 125);
  EXPECT_EQ(run_weir({"pod", "exec", "--", "no-such-program-here"}).code, 125);
  EXPECT_THAT(pods(), testing::IsEmpty());
}

TEST_F(PodExec, SecretsPassOnlyByName) {
  ::setenv("LC_DEPLOY_TOKEN", "secret", 1);
  EXPECT_EQ(in_pod("test -z \"$LC_DEPLOY_TOKEN\"").code, 0);
  EXPECT_EQ(in_pod("test \"$LC_DEPLOY_TOKEN\" = secret", {"--env", "LC_DEPLOY_TOKEN"}).code, 0);
  ::unsetenv("LC_DEPLOY_TOKEN");
}

TEST_F(PodExec, AProfileOfOnesOwnGoesFirst) {
  ASSERT_TRUE(os::make_dirs(top() + "/weir/config/pods"));
  ASSERT_TRUE(
      os::write_file_atomic(top() + "/weir/config/pods/generic.yaml",
                            "name: generic\nread_only: [/usr, /bin, /lib, /lib64]\nset: {MINE: \"1\"}\n"));
  EXPECT_EQ(in_pod("test \"$MINE\" = 1").code, 0);
  ASSERT_TRUE(os::write_file_atomic(top() + "/weir/config/pods/loop.yaml", "name: loop\nextends: loop\n"));
  EXPECT_THAT(in_pod("true", {"--profile", "loop"}).err, HasSubstr("more than 8 times"));
}

TEST_F(PodExec, OnesOwnProfilesAreNamedAmongTheOthers) {
  ASSERT_TRUE(os::make_dirs(top() + "/weir/config/pods"));
  ASSERT_TRUE(os::write_file_atomic(top() + "/weir/config/pods/mine.yaml", "name: mine\n"));
  EXPECT_THAT(in_pod("true", {"--profile", "none-such"}).err, HasSubstr("generic, go, mine, node"));
}

TEST_F(PodExec, AVariableIsNamedAndMayBeMissing) {
  for (const std::string bad : {"A=secret", "=", ""}) {
    const Ran said = in_pod("touch ran", {"--env", bad});
    EXPECT_EQ(said.code, 125) << bad;
    EXPECT_THAT(said.err, HasSubstr("--env takes the name of a variable"));
    EXPECT_THAT(said.err, testing::Not(HasSubstr("secret")));
  }
  const Ran said = in_pod("exit 3", {"--env", "WEIR_TEST_UNSET"});
  EXPECT_EQ(said.code, 3);
  EXPECT_THAT(said.err, HasSubstr("--env WEIR_TEST_UNSET is not set here"));
}

TEST_F(PodExec, WhatIsThereAndNoProgramIsToldApart) {
  ASSERT_TRUE(os::write_file_atomic("script", "#!/bin/sh\n"));
  ASSERT_EQ(::chmod("script", 0644), 0);
  ASSERT_TRUE(os::make_dirs("directory"));
  const std::pair<const char*, const char*> cases[] = {
      {"./script", "not executable (./script): chmod +x"},
      {"./directory", "is a directory"},
      {"./nothing", "no such program (./nothing): correct"},
      {"no-such-program-here", "name its directory with --ro"}};
  for (const auto& [name, says] : cases) {
    const Ran said = run_weir({"pod", "exec", "--", name});
    EXPECT_EQ(said.code, 125) << name;
    EXPECT_THAT(said.err, HasSubstr(says));
  }
}

TEST_F(PodExec, AFileOfAnotherGroupIsToldBefore) {
  ASSERT_TRUE(os::write_file_atomic("shared", "x\n"));
  if (::chown("shared", -1, ::getegid() + 1) != 0) GTEST_SKIP() << "only root may give files away";
  const Ran said = in_pod("echo more >> shared; cat shared");
  EXPECT_THAT(said.err, HasSubstr("another owner or group than yours, such as shared"));
  EXPECT_EQ(os::read_file("shared", 100).value_or(""), "x\n");
  EXPECT_THAT(in_pod("true", {"--quiet"}).err, testing::Not(HasSubstr("another owner")));
}

TEST_F(PodExec, TheWorkspaceHasItsPermissionsInside) {
  ASSERT_EQ(::chmod(".", 0751), 0);
  EXPECT_EQ(in_pod("test \"$(stat -c %a .)\" = 751").code, 0);
}

TEST_F(PodExec, AWorkspaceThatHoldsWeirsStateIsTheWrongDirectory) {
  std::filesystem::current_path(top());
  const Ran said = in_pod("true");
  EXPECT_EQ(said.code, 125);
  EXPECT_THAT(said.err, HasSubstr("change to another directory"));
}

TEST_F(PodExec, AShellWithoutATerminalIsRefusedInOneLine) {
  if (::isatty(STDIN_FILENO) != 0) GTEST_SKIP() << "these tests have a terminal";
  const Ran said = run_weir({"pod", "shell"});
  EXPECT_EQ(said.code, exit_code::kUsage);
  EXPECT_THAT(said.err, HasSubstr("a shell needs a terminal"));
  EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
}

TEST_F(PodExec, ALimitEndsItAndSaysSo) {
  const Ran said = in_pod("sleep 20", {"--limits", "time=200ms"});
  EXPECT_EQ(said.code, 137);
  EXPECT_THAT(said.err, HasSubstr("time: the limit is 200 ms"));
}

}  // namespace
}  // namespace weir::cli
