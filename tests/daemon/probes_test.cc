// Probes against shims of our own making: what counts as refused, what is remembered, what is an alarm.
#include "daemon/probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "os/files.h"
#include "support/throwaway_dir.h"

namespace weir::daemon {
namespace {

using testing::HasSubstr;

class ProbesTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  void SetUp() override {
    path_ = {.name = "hook/codex/user", .agent = "codex", .settings = dir_ + "/hooks.json"};
    shim("exit 2");
    path_.command = {dir_ + "/weir-hook", "codex", "PreToolUse"};
  }

  void shim(const std::string& body) {
    std::ofstream(dir_ + "/weir-hook") << "#!/bin/sh\n" << body << "\n";
    ::chmod((dir_ + "/weir-hook").c_str(), 0755);
  }
  Probes probes(bool observe = false) {
    return Probes(
        {.state_file = dir_ + "/probes.json", .observe = observe},
        [this] { return std::vector<ProbePath>{path_}; },
        [this](const ProbeResult&, const std::string& level) { level_ = level; }, os::Log::none());
  }
  static Json only(const Probes& probes) { return probes.report().as_array().at(0); }
  LiveSighting sighting(bool refused) const {
    return {.path = path_.name,
            .version = "9.9",
            .refused = refused,
            .detail = "it ran",
            .wall_ns = 1'000'000'000};
  }

  ProbePath path_;
  std::string level_;
};

TEST_F(ProbesTest, StartsExactlyTheCommandWithACallThatMustBeRefused) {
  shim("printf '%s ' \"$@\" > " + dir_ + "/argv; cat > " + dir_ + "/payload; env > " + dir_ + "/env; exit 2");
  auto probed = probes();
  (void)probed.run_now();
  EXPECT_TRUE(probed.all_refused());
  EXPECT_EQ(level_, "shim");
  EXPECT_EQ(os::read_file(dir_ + "/argv", 1000), "codex PreToolUse ");
  const auto payload = parse_json(*os::read_file(dir_ + "/payload", 100'000));
  ASSERT_TRUE(payload);
  EXPECT_EQ((*payload)["session_id"].text_or(""), kProbeSession);
  EXPECT_EQ((*payload)["tool_input"]["command"].text_or(""), "weir uninstall");
}

TEST_F(ProbesTest, OnlyARefusalByVerdictCounts) {
  const std::vector<std::pair<std::string, std::string>> shims = {
      {"exit 0", "exit 0"},
      {"exit 1", "exit 1"},
      {"echo 'Weir refused this because it could not decide: no daemon' >&2; exit 2", "without a verdict"},
      {"kill -15 $$", "exit 143"}};
  for (const auto& [body, problem] : shims) {
    shim(body);
    auto probed = probes();
    (void)probed.run_now();
    EXPECT_FALSE(probed.all_refused()) << body;
    EXPECT_THAT(only(probed)["problem"].text_or(""), HasSubstr(problem)) << body;
    EXPECT_EQ(level_, "none");
  }
  path_.command = {dir_ + "/gone"};
  auto probed = probes();
  (void)probed.run_now();
  EXPECT_FALSE(probed.all_refused());
}

// A stranger's program that settings name must not be started.
TEST_F(ProbesTest, AProblemOfTheSettingsIsAnAlarmAndNothingIsStarted) {
  shim("touch " + dir_ + "/started; exit 2");
  path_.problem = "the hook names another shim";
  auto probed = probes();
  (void)probed.run_now();
  EXPECT_FALSE(probed.all_refused());
  EXPECT_EQ(only(probed)["problem"].text_or(""), path_.problem);
  EXPECT_FALSE(os::exists(dir_ + "/started"));
}

TEST_F(ProbesTest, WhatWasSeenSurvivesARestart) {
  std::string seen;
  {
    auto probed = probes();
    (void)probed.run_now();
    ASSERT_TRUE(probed.note_live(sighting(true)));
    EXPECT_EQ(level_, "agent");
    seen = only(probed)["last_refused"].text_or("");
  }
  shim("exit 0");
  auto later = probes();
  // Until it was tried again a path is not taken for refusing.
  EXPECT_FALSE(later.all_refused());
  (void)later.run_now();
  EXPECT_EQ(only(later)["last_refused"].text_or(""), seen);
  EXPECT_EQ(only(later)["agent_version"].text_or(""), "9.9");
  EXPECT_EQ(only(later)["level"].text_or(""), "none");
  // It fell, and does not come back by itself: the agent must be seen again.
  shim("exit 2");
  (void)later.run_now();
  EXPECT_EQ(only(later)["level"].text_or(""), "shim");
}

TEST_F(ProbesTest, AgentLevelStandsForTheCommandItWasSeenWith) {
  auto probed = probes();
  (void)probed.run_now();
  ASSERT_TRUE(probed.note_live(sighting(true)));
  (void)probed.run_now();
  EXPECT_EQ(level_, "agent");
  path_.command.push_back("--other");
  (void)probed.run_now();
  EXPECT_EQ(level_, "shim");
}

TEST_F(ProbesTest, ADisobedientAgentIsAnAlarmUntilItIsSeenToObey) {
  {
    auto probed = probes();
    (void)probed.run_now();
    ASSERT_TRUE(probed.note_live(sighting(false)));
    EXPECT_FALSE(probed.all_refused());
    (void)probed.run_now();
    EXPECT_FALSE(probed.all_refused());
  }
  auto later = probes();
  (void)later.run_now();
  EXPECT_FALSE(later.all_refused());
  EXPECT_THAT(only(later)["problem"].text_or(""), HasSubstr("it ran"));
  ASSERT_TRUE(later.note_live(sighting(true)));
  EXPECT_TRUE(later.all_refused());
  (void)later.run_now();
  EXPECT_TRUE(later.all_refused());
  EXPECT_EQ(level_, "agent");
}

TEST_F(ProbesTest, ObserveSaysWhyNothingIsRefused) {
  shim("exit 0");
  auto probed = probes(true);
  (void)probed.run_now();
  EXPECT_THAT(only(probed)["problem"].text_or(""), HasSubstr("observe"));
}

TEST_F(ProbesTest, AnUnknownPathAndAnUnreadableMemoryAreErrorsNotCrashes) {
  std::ofstream(dir_ + "/probes.json") << "{\"paths\":[{\"path\":7},{\"command\":[1,null]}, 3";
  auto probed = probes();
  EXPECT_TRUE(probed.report().is_array());
  auto other = sighting(true);
  other.path = "hook/nobody";
  EXPECT_FALSE(probed.note_live(other));
}

TEST(ProbeRoot, IsKnownByItsSession) {
  EXPECT_TRUE(is_probe_root("codex:weir-probe"));
  EXPECT_FALSE(is_probe_root("codex:my-weir-probe"));
  EXPECT_FALSE(is_probe_root("codex:weir-probe-2"));
}

}  // namespace
}  // namespace weir::daemon
