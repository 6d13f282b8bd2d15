#include "setup/inspect.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "os/files.h"
#include "setup/agents.h"
#include "setup/fixtures.h"
#include "setup/install.h"
#include "setup/settings_file.h"

namespace weir::setup {
namespace {

using testing::Machine;
using testing::slurp;
using testing::spill;

class InspectTest : public ::testing::Test {
 protected:
  void install(Agent agent, Scope scope = Scope::user) {
    const auto records = *read_records(machine_.places());
    const auto plan = plan_install(agent, scope, machine_.installation(), machine_.around(), records,
                                   "/usr/local/bin/weir");
    ASSERT_TRUE(plan) << plan.error().message();
    ASSERT_TRUE(apply(*plan, machine_.places(), records));
  }
  // The rules found for the only installed path, joined.
  std::string rules() {
    const auto paths = installed_paths(machine_.places());
    EXPECT_TRUE(paths && paths->size() == 1);
    std::string text;
    for (const auto& finding : check(paths->front(), machine_.around()))
      text += (text.empty() ? "" : " ") + finding.rule;
    return text;
  }
  void change(const std::string& path, const std::string& from, const std::string& to) {
    std::string text = slurp(path);
    ASSERT_NE(text.find(from), std::string::npos);
    spill(path, text.replace(text.find(from), from.size(), to));
  }

  Machine machine_;
  std::string claude_ = machine_.home() + "/.claude/settings.json";
  std::string hooks_ = machine_.home() + "/.codex/hooks.json";
  std::string config_ = machine_.home() + "/.codex/config.toml";
};

TEST_F(InspectTest, AFreshInstallationIsFine) {
  install(Agent::claude);
  EXPECT_EQ(rules(), "");
  EXPECT_EQ(installed_paths(machine_.places())->front().name(), "hook/claude-code/user");
  EXPECT_EQ(installed_paths(machine_.places())->front().settings, claude_);
}

TEST_F(InspectTest, SeesWhatBecameOfTheSettings) {
  install(Agent::claude);
  const std::string good = slurp(claude_);
  spill(claude_, "{}");
  EXPECT_EQ(rules(), "setup.settings.weir-gone");
  spill(claude_, "{\"hooks\": ");
  EXPECT_EQ(rules(), "setup.settings.ignored");
  spill(claude_, good.substr(0, good.size() - 2) + ",\n\"permissions\": 5}\n");
  EXPECT_EQ(rules(), "setup.settings.ignored");
  std::filesystem::remove(claude_);
  EXPECT_EQ(rules(), "setup.settings.missing");
  std::filesystem::create_symlink(claude_, claude_);
  EXPECT_EQ(rules(), "setup.settings.unreadable");
  std::filesystem::remove(claude_);
  spill(claude_, good);
  EXPECT_EQ(rules(), "");
  change(claude_, "\"PreToolUse\"", "\"PreToolUseX\"");
  EXPECT_EQ(rules(), "setup.settings.incomplete");
}

TEST_F(InspectTest, SeesAnotherKeyOrSocket) {
  install(Agent::claude);
  change(claude_, machine_.installation().public_key_base64, "AgIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=");
  EXPECT_EQ(rules(), "setup.settings.other-key setup.settings.incomplete");
}

TEST_F(InspectTest, SeesWhatBecameOfTheShim) {
  install(Agent::claude);
  ASSERT_EQ(::chmod(machine_.hook().c_str(), 0644), 0);
  EXPECT_EQ(rules(), "setup.shim.not-executable");
  ASSERT_EQ(::chmod(machine_.hook().c_str(), 0777), 0);
  EXPECT_EQ(rules(), "setup.shim.writable");
  ASSERT_EQ(::chmod(machine_.hook().c_str(), 0755), 0);
  spill(machine_.hook(), "#!/bin/sh\nexit 0\n");
  EXPECT_EQ(rules(), "setup.shim.changed");
  std::filesystem::remove(machine_.hook());
  EXPECT_EQ(rules(), "setup.shim.missing");
}

TEST_F(InspectTest, SeesSettingsThatSwitchHooksOff) {
  install(Agent::claude);
  const std::string local = machine_.project() + "/.claude/settings.local.json";
  spill(local, R"({"disableAllHooks": true})");
  EXPECT_EQ(rules(), "setup.hooks-off");
  spill(local, R"({"disableAllHooks": false, "env": {"CLAUDE_CODE_SIMPLE": "1"}})");
  EXPECT_EQ(rules(), "");  // measured: env of a project does not switch the mode on
  change(claude_, "{\n", "{\n  \"env\": {\"CLAUDE_CODE_SAFE_MODE\": \"yes\"},\n");
  EXPECT_EQ(rules(), "setup.hooks-off");
  change(claude_, "\"yes\"", "\"0\"");
  EXPECT_EQ(rules(), "");
  spill(machine_.root() + "/etc/claude-code/managed-settings.json", R"({"allowManagedHooksOnly": true})");
  EXPECT_EQ(rules(), "setup.hooks-off");
}

TEST_F(InspectTest, SeesCodexTrustGoAway) {
  install(Agent::codex);
  EXPECT_EQ(rules(), "");
  const std::string good = slurp(config_);
  spill(config_, "");
  EXPECT_EQ(rules(), "setup.trust.missing");
  spill(config_, good + "enabled = false\n");
  EXPECT_EQ(rules(), "setup.trust.switched-off");
  spill(config_, good + "[features]\nhooks = false\n");
  EXPECT_EQ(rules(), "setup.hooks-off");
  spill(config_, good);
  // A hook put in front moves ours: Codex knows hooks by their place.
  change(hooks_, "\"PreToolUse\": [", "\"PreToolUse\": [{\"hooks\":[]},");
  EXPECT_EQ(rules(), "setup.trust.missing");
  const auto records = *read_records(machine_.places());
  const auto plan =
      plan_install(Agent::codex, Scope::user, machine_.installation(), machine_.around(), records, "/w");
  ASSERT_TRUE(plan);
  ASSERT_TRUE(apply(*plan, machine_.places(), records));
  EXPECT_EQ(rules(), "");
}

TEST_F(InspectTest, SystemHooksCannotBeSwitchedOffByUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "the shim must belong to root";
  install(Agent::codex, Scope::system);
  spill(config_, "[features]\nhooks = false\n");
  EXPECT_EQ(rules(), "");
  const std::string requirements = machine_.root() + "/etc/codex/requirements.toml";
  change(requirements, "hooks = true", "hooks = false");
  EXPECT_EQ(rules(), "setup.settings.incomplete");
}

TEST_F(InspectTest, ListsTheAgentsOfThisMachine) {
  const std::string bin = machine_.home() + "/lib/node_modules/@openai/codex/bin/codex.js";
  spill(bin, "#!/usr/bin/env node\n");
  ::chmod(bin.c_str(), 0755);
  spill(machine_.home() + "/lib/node_modules/@openai/codex/package.json",
        R"({"name":"@openai/codex","version":"0.169.0"})");
  std::filesystem::create_directories(machine_.home() + "/bin");
  std::filesystem::create_symlink(bin, machine_.home() + "/bin/codex");
  const std::string native = machine_.home() + "/.local/share/claude/versions/2.1.330";
  spill(native, "ELF");
  ::chmod(native.c_str(), 0755);
  std::filesystem::create_symlink(native, machine_.home() + "/bin/claude");
  spill(machine_.home() + "/.gemini/settings.json", "{}");
  install(Agent::claude);
  const auto agents = find_agents(machine_.around(), "/nonexistent:" + machine_.home() + "/bin",
                                  *installed_paths(machine_.places()));
  ASSERT_EQ(agents.size(), 3U);
  EXPECT_EQ(agents[0].name, "claude-code");
  EXPECT_EQ(agents[0].version, "2.1.330");
  EXPECT_EQ(agents[0].settings, (std::vector<std::string>{claude_}));
  EXPECT_EQ(agents[0].guarded, (std::vector<std::string>{"hook/claude-code/user"}));
  EXPECT_EQ(agents[1].name, "codex");
  EXPECT_EQ(agents[1].version, "0.169.0");
  EXPECT_TRUE(agents[1].guarded.empty());
  EXPECT_EQ(agents[2].name, "gemini-cli");
  EXPECT_FALSE(agents[2].supported);
  EXPECT_EQ(agents[2].program, "");
}

}  // namespace
}  // namespace weir::setup
