// Which paths are probed, and with what: read from settings as `weir init` wrote them and as others spoil
// them.
#include "daemon/probe_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "setup/fixtures.h"
#include "setup/install.h"

namespace weir::daemon {
namespace {

using setup::Agent;
using setup::Scope;
using setup::testing::Machine;
using setup::testing::slurp;
using setup::testing::spill;
using testing::ElementsAre;
using testing::HasSubstr;

void install(const Machine& machine, Agent agent, Scope scope = Scope::user) {
  const auto records = setup::read_records(machine.places());
  ASSERT_TRUE(records);
  const auto plan = setup::plan_install(agent, scope, machine.installation(), machine.around(), *records,
                                        "/usr/local/bin/weir");
  ASSERT_TRUE(plan) << plan.error().message();
  ASSERT_TRUE(setup::apply(*plan, machine.places(), *records));
}

ProbePath path_named(const Machine& machine, const std::string& name) {
  for (auto& path : probe_paths(machine.places()))
    if (path.name == name) return path;
  ADD_FAILURE() << "no path " << name;
  return {};
}

TEST(ProbePaths, NothingInstalledLeavesThePathsOfWeirRun) {
  const Machine machine;
  const auto paths = probe_paths(machine.places());
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_EQ(paths[0].name, "run/claude-code");
  EXPECT_EQ(paths[1].name, "run/codex");
  EXPECT_EQ(paths[1].command.at(0), shim_path());
}

TEST(ProbePaths, InstalledPathsRunTheWordsOfTheSettings) {
  const Machine machine;
  const auto where = machine.installation();
  for (const Agent agent : {Agent::claude, Agent::codex}) {
    install(machine, agent);
    const std::string name(setup::name(agent));
    const auto path = path_named(machine, "hook/" + name + "/user");
    EXPECT_EQ(path.problem, "");
    // Codex starts the shim through a wrapper that closes what Codex leaves open; its words stand in the
    // settings.
    ASSERT_GE(path.command.size(), 7u);
    EXPECT_EQ(path.command.size() > 7, name == "codex");
    const std::vector<std::string> shim(path.command.end() - 7, path.command.end());
    EXPECT_THAT(shim, ElementsAre(where.hook_path, name, "PreToolUse", "--socket", where.socket, "--key",
                                  where.public_key_base64));
  }
  install(machine, Agent::claude, Scope::project);
  EXPECT_EQ(path_named(machine, "hook/claude-code/project:" + machine.project()).problem, "");
}

TEST(ProbePaths, WhatSpoilsTheSettingsIsTheProblemOfThePath) {
  const Machine machine;
  install(machine, Agent::claude);
  const std::string file = machine.home() + "/.claude/settings.json";
  const std::string good = slurp(file);
  const auto problem = [&] { return path_named(machine, "hook/claude-code/user").problem; };
  ASSERT_EQ(problem(), "");
  spill(file, "{}");
  EXPECT_THAT(problem(), HasSubstr("no longer names weir-hook"));
  spill(file, "{\"disableAllHooks\": true," + good.substr(good.find('{') + 1));
  EXPECT_THAT(problem(), HasSubstr("disableAllHooks"));
  spill(file, "not json");
  EXPECT_NE(problem(), "");
  spill(file, good);
  spill(machine.hook(), "#!/bin/sh\nexit 0\n");
  EXPECT_THAT(problem(), HasSubstr("another program than at install"));
}

// Settings that name a stranger's weir-hook give no command at all: a probe must not start it.
TEST(ProbePaths, AStrangersShimIsNotStarted) {
  const Machine machine;
  install(machine, Agent::claude);
  const std::string file = machine.home() + "/.claude/settings.json";
  std::string text = slurp(file);
  const std::string ours = machine.hook();
  for (std::size_t at; (at = text.find(ours)) != std::string::npos;)
    text.replace(at, ours.size(), "/tmp/elsewhere/weir-hook");
  spill(file, text);
  const auto path = path_named(machine, "hook/claude-code/user");
  EXPECT_NE(path.problem, "");
  EXPECT_THAT(path.command, ElementsAre());
}

TEST(ProbePaths, AnUnreadableRecordOfInstallsIsAnAlarm) {
  const Machine machine;
  spill(setup::records_path(machine.places()), "{broken");
  EXPECT_NE(path_named(machine, "hook").problem, "");
}

}  // namespace
}  // namespace weir::daemon
