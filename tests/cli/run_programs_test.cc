// Which programs of a pod are asked about: each once in a branch, and those that act beyond it every time.
#include "cli/run_programs.h"

#include <gtest/gtest.h>

#include "cli/guarded_run.h"

namespace weir::cli {
namespace {

constexpr daemon::ProcessKey kAgent{10, 100};

pod::ProcessSeen process(pid_t pid, std::vector<std::string> argv, std::vector<daemon::ProcessKey> above) {
  pod::ProcessSeen seen;
  seen.pid = pid;
  seen.start_ticks = 200;
  seen.program = "/usr/bin/" + argv[0];
  seen.argv = std::move(argv);
  seen.cwd = "/workspace";
  for (const auto& key : above)
    seen.parents.push_back(std::make_shared<const pod::ProgramSeen>(
        pod::ProgramSeen{.pid = key.pid, .start_ticks = key.start_ticks, .program = "x", .argv = {}}));
  return seen;
}

class RunProgramsTest : public ::testing::Test {
 protected:
  void SetUp() override { programs_.agent(kAgent); }
  RunPrograms programs_{"/home/u"};
};

TEST_F(RunProgramsTest, OnceInEachBranch) {
  const auto one = process(20, {"cc", "-c", "a.c"}, {{15, 1}, kAgent});
  EXPECT_TRUE(programs_.asks(one));
  EXPECT_TRUE(programs_.asks(one));  // until it was allowed
  programs_.allowed(one);
  EXPECT_FALSE(programs_.asks(one));
  EXPECT_FALSE(programs_.asks(process(21, {"cc", "-c", "b.c"}, {{18, 5}, {15, 1}, kAgent})));
  EXPECT_TRUE(programs_.asks(process(21, {"ld"}, {{15, 1}, kAgent})));
  EXPECT_TRUE(programs_.asks(process(22, {"cc"}, {{16, 1}, kAgent})));  // another branch
  EXPECT_TRUE(programs_.asks(process(22, {"cc"}, {kAgent})));           // it is its own branch
}

TEST_F(RunProgramsTest, WhatActsBeyondThePodEveryTime) {
  const std::vector<daemon::ProcessKey> above = {{15, 1}, kAgent};
  programs_.allowed(process(20, {"git", "status"}, above));
  EXPECT_FALSE(programs_.asks(process(21, {"git", "status"}, above)));
  EXPECT_TRUE(programs_.asks(process(21, {"git", "push", "origin", "main"}, above)));
  programs_.allowed(process(21, {"git", "push", "origin", "main"}, above));
  EXPECT_TRUE(programs_.asks(process(22, {"git", "push", "origin", "main"}, above)));
}

TEST_F(RunProgramsTest, OnlyBelowAnAgent) {
  EXPECT_FALSE(programs_.asks(process(20, {"git", "push"}, {{5, 1}})));
  auto orphan = process(20, {"true"}, {});
  orphan.orphan = true;
  EXPECT_TRUE(programs_.asks(orphan));
  EXPECT_FALSE(RunPrograms("/home/u").asks(process(20, {"git", "push"}, {kAgent})));  // none has spoken yet
  auto hook = process(20, {"weir-hook", "codex", "Stop"}, {kAgent});
  hook.program = std::string(kPodWeir) + "/weir-hook";
  EXPECT_FALSE(programs_.asks(hook));
}

}  // namespace
}  // namespace weir::cli
