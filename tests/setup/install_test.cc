#include "setup/install.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/hash.h"
#include "os/files.h"
#include "setup/diff.h"
#include "setup/fixtures.h"
#include "setup/json_edit.h"
#include "setup/toml_edit.h"

namespace weir::setup {
namespace {

using testing::claude_settings;
using testing::Machine;
using testing::slurp;
using testing::spill;

Status install(const Machine& machine, Agent agent, Scope scope = Scope::user,
               std::optional<Installation> installation = {}) {
  TRY(const auto records, read_records(machine.places()));
  TRY(const Plan plan, plan_install(agent, scope, installation.value_or(machine.installation()),
                                    machine.around(), records, "/usr/local/bin/weir"));
  return apply(plan, machine.places(), records);
}

Status uninstall(const Machine& machine) {
  TRY(auto records, read_records(machine.places()));
  while (!records.empty()) {
    TRY(const Plan plan, plan_uninstall(records.front(), records));
    TRY_STATUS(apply(plan, machine.places(), records));
    TRY(records, read_records(machine.places()));
  }
  return {};
}

std::string why(const Machine& machine, Agent agent, Scope scope = Scope::user) {
  const auto status = install(machine, agent, scope);
  return status ? "" : status.error().message();
}

std::string claude_file(const Machine& machine) {
  return machine.home() + "/.claude/settings.json";
}
std::string codex_hooks(const Machine& machine) {
  return machine.home() + "/.codex/hooks.json";
}
std::string codex_config(const Machine& machine) {
  return machine.home() + "/.codex/config.toml";
}

TEST(Install, TwiceIsOnceAndUninstallGivesTheBytesBack) {
  for (const auto& fixture : claude_settings()) {
    SCOPED_TRACE(fixture.name);
    const Machine machine;
    spill(claude_file(machine), fixture.text);
    ASSERT_EQ(why(machine, Agent::claude), "");
    const std::string first = slurp(claude_file(machine));
    const std::string record = slurp(records_path(machine.places()));
    EXPECT_NE(first, fixture.text);
    ASSERT_EQ(why(machine, Agent::claude), "");
    EXPECT_EQ(slurp(claude_file(machine)), first);
    EXPECT_EQ(slurp(records_path(machine.places())), record);
    ASSERT_TRUE(uninstall(machine));
    EXPECT_EQ(slurp(claude_file(machine)), fixture.text);
  }
}

TEST(Install, AFileAndDirectoriesThatWeirMadeAreGoneAfterwards) {
  const Machine machine;
  ASSERT_EQ(why(machine, Agent::claude), "");
  ASSERT_EQ(why(machine, Agent::codex), "");
  EXPECT_EQ(os::file_info(claude_file(machine))->mode, 0600U);
  ASSERT_TRUE(os::exists(codex_hooks(machine)));
  ASSERT_TRUE(os::exists(codex_config(machine)));
  ASSERT_TRUE(uninstall(machine));
  EXPECT_FALSE(os::exists(machine.home() + "/.claude"));
  EXPECT_FALSE(os::exists(machine.home() + "/.codex"));
  EXPECT_TRUE(read_records(machine.places())->empty());
}

TEST(Install, CodexGetsHooksAndTrustInThem) {
  const Machine machine;
  const std::string config = "model = \"x\"\n\n[tui]\ntheme = \"dark\"   # mine\n";
  const std::string hooks = R"({"hooks":{"PreToolUse":[{"hooks":[{"type":"command","command":"lint"}]}]}})";
  spill(codex_config(machine), config);
  spill(codex_hooks(machine), hooks);
  ASSERT_EQ(why(machine, Agent::codex), "");
  const auto state = read_hook_state(slurp(codex_config(machine)));
  ASSERT_TRUE(state);
  EXPECT_EQ(state->trusted.size(), hook_events(Agent::codex).size());
  // The user's own hook keeps its place, and with it the trust in it; ours comes second.
  const std::string key = codex_hooks(machine) + ":pre_tool_use:1:0";
  EXPECT_TRUE(std::any_of(state->trusted.begin(), state->trusted.end(),
                          [&](const HookTrust& entry) { return entry.key == key; }));
  const std::string once = slurp(codex_config(machine));
  ASSERT_EQ(why(machine, Agent::codex), "");
  EXPECT_EQ(slurp(codex_config(machine)), once);
  ASSERT_TRUE(uninstall(machine));
  EXPECT_EQ(slurp(codex_config(machine)), config);
  EXPECT_EQ(slurp(codex_hooks(machine)), hooks);
}

TEST(Install, OnlyWeirsPartGoesWhenTheUserChangedTheRest) {
  const Machine machine;
  spill(claude_file(machine), "{\n  \"model\": \"opus\"\n}\n");
  spill(codex_config(machine), "model = \"a\"\n");
  ASSERT_EQ(why(machine, Agent::claude), "");
  ASSERT_EQ(why(machine, Agent::codex), "");
  std::string text = slurp(claude_file(machine));
  text.replace(text.find("opus"), 4, "sonnet");
  spill(claude_file(machine), text);
  spill(codex_config(machine), slurp(codex_config(machine)) + "[new]\nx = 1\n");
  ASSERT_EQ(why(machine, Agent::claude), "");
  EXPECT_EQ(slurp(claude_file(machine)), text);  // still complete: nothing to do
  ASSERT_TRUE(uninstall(machine));
  EXPECT_EQ(slurp(claude_file(machine)), "{\n  \"model\": \"sonnet\"\n}\n");
  EXPECT_EQ(slurp(codex_config(machine)), "model = \"a\"\n[new]\nx = 1\n");
}

TEST(Install, ANewKeyReplacesTheOldHooksAndStillUninstalls) {
  const Machine machine;
  const std::string before = "{\n  \"hooks\": {\"Stop\": []},\n  \"a\": 1\n}\n";
  spill(claude_file(machine), before);
  ASSERT_EQ(why(machine, Agent::claude), "");
  Installation moved = machine.installation();
  moved.socket = "/run/other/event.sock";
  ASSERT_TRUE(install(machine, Agent::claude, Scope::user, moved));
  const std::string text = slurp(claude_file(machine));
  EXPECT_EQ(text.find(machine.installation().socket), std::string::npos);
  EXPECT_NE(text.find(moved.socket), std::string::npos);
  ASSERT_TRUE(uninstall(machine));
  EXPECT_EQ(slurp(claude_file(machine)), before);
}

TEST(Install, ALostRecordIsNoTrap) {
  const Machine machine;
  spill(claude_file(machine), "{\n  \"a\": 1\n}\n");
  ASSERT_EQ(why(machine, Agent::claude), "");
  ASSERT_TRUE(os::remove_file(records_path(machine.places())));
  const auto plan = plan_uninstall_unrecorded(Agent::claude, Scope::user, machine.around());
  ASSERT_TRUE(plan);
  ASSERT_TRUE(apply(*plan, machine.places(), {}));
  EXPECT_EQ(slurp(claude_file(machine)), "{\n  \"a\": 1\n}\n");
  // And installing over hooks without a record finds them in place.
  ASSERT_EQ(why(machine, Agent::claude), "");
  const std::string text = slurp(claude_file(machine));
  ASSERT_TRUE(os::remove_file(records_path(machine.places())));
  ASSERT_EQ(why(machine, Agent::claude), "");
  EXPECT_EQ(slurp(claude_file(machine)), text);
  ASSERT_TRUE(uninstall(machine));
  EXPECT_EQ(slurp(claude_file(machine)), "{\n  \"a\": 1\n}\n");
}

TEST(Install, RefusesAndSaysWhy) {
  const auto refused = [](const std::string& text, const std::string& part, Agent agent = Agent::claude) {
    const Machine machine;
    const std::string path = agent == Agent::claude ? claude_file(machine) : codex_hooks(machine);
    spill(path, text);
    const std::string message = why(machine, agent);
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(message.find(path), std::string::npos) << message;
    EXPECT_EQ(slurp(path), text);
    EXPECT_FALSE(os::exists(records_path(machine.places())));
  };
  refused("{\"a\": ", "JSON");
  refused("{\n// note\n}", "comments");
  refused("{\"hooks\": []}", "hooks");
  refused("{\"permissions\": 5}", "permissions");
  refused(R"({"hooks":{"PreToolUse":[{"hooks":[{"type":"nonsense"}]}]}})", "unknown type");
  refused(R"({"hooks":{},"other":1})", "unknown field", Agent::codex);
  refused("\xef\xbb\xbf{}", "byte order mark", Agent::codex);
  const Machine machine;
  spill(codex_config(machine), "[features]\nhooks = false\n");
  EXPECT_NE(why(machine, Agent::codex).find("switched off"), std::string::npos);
  EXPECT_FALSE(os::exists(codex_hooks(machine)));
  spill(codex_config(machine), "a = \n");
  EXPECT_NE(why(machine, Agent::codex).find("line 1"), std::string::npos);
}

TEST(Install, RefusesLinksInACircleDirectoriesAndReadOnlyFiles) {
  const Machine machine;
  const std::string path = claude_file(machine);
  spill(path, "{}");
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  EXPECT_NE(why(machine, Agent::claude).find("read-only"), std::string::npos);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(path, path);
  EXPECT_NE(why(machine, Agent::claude).find("circle"), std::string::npos);
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/nonexistent/x", path);
  EXPECT_NE(why(machine, Agent::claude).find("nowhere"), std::string::npos);
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_NE(why(machine, Agent::claude).find("regular file"), std::string::npos);
}

TEST(Install, ALinkStaysALinkAndModeStays) {
  const Machine machine;
  const std::string real = machine.home() + "/dotfiles/claude.json";
  spill(real, "{\n}\n");
  ASSERT_EQ(::chmod(real.c_str(), 0640), 0);
  std::filesystem::create_directories(machine.home() + "/.claude");
  std::filesystem::create_symlink("../dotfiles/claude.json", claude_file(machine));
  ASSERT_EQ(why(machine, Agent::claude), "");
  EXPECT_TRUE(std::filesystem::is_symlink(claude_file(machine)));
  EXPECT_NE(slurp(real).find("weir-hook"), std::string::npos);
  EXPECT_EQ(os::file_info(real)->mode, 0640U);
  ASSERT_TRUE(uninstall(machine));
  EXPECT_TRUE(std::filesystem::is_symlink(claude_file(machine)));
  EXPECT_EQ(slurp(real), "{\n}\n");
}

TEST(Install, AProjectCannotMakeItWriteElsewhere) {
  const Machine machine;
  const std::string outside = machine.home() + "/victim.json";
  spill(outside, "{}");
  std::filesystem::create_directories(machine.project() + "/.claude");
  std::filesystem::create_symlink(outside, machine.project() + "/.claude/settings.local.json");
  EXPECT_NE(why(machine, Agent::claude, Scope::project).find("out of it"), std::string::npos);
  EXPECT_EQ(slurp(outside), "{}");
  std::filesystem::remove_all(machine.project() + "/.claude");
  std::filesystem::create_symlink(machine.home(), machine.project() + "/.claude");
  EXPECT_NE(why(machine, Agent::claude, Scope::project).find("out of it"), std::string::npos);
  std::filesystem::remove(machine.project() + "/.claude");
  EXPECT_EQ(why(machine, Agent::claude, Scope::project), "");
  EXPECT_EQ(why(machine, Agent::codex, Scope::project), "");
  ASSERT_TRUE(uninstall(machine));
  EXPECT_TRUE(std::filesystem::is_empty(machine.project()));
}

TEST(Install, NoticesAChangeBetweenReadAndWrite) {
  const Machine machine;
  spill(claude_file(machine), "{}");
  const auto records = *read_records(machine.places());
  const auto plan =
      plan_install(Agent::claude, Scope::user, machine.installation(), machine.around(), records, "/w");
  ASSERT_TRUE(plan);
  spill(claude_file(machine), "{\"new\":1}");
  const auto status = apply(*plan, machine.places(), records);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("changed"), std::string::npos);
  EXPECT_EQ(slurp(claude_file(machine)), "{\"new\":1}");
  EXPECT_TRUE(read_records(machine.places())->empty());
  EXPECT_EQ(os::list_dir(machine.home() + "/.claude").size(), 1U);  // no draft left behind
}

TEST(Install, ASecondFailedChangeUndoesTheFirst) {
  const Machine machine;
  spill(codex_config(machine), "a = 1\n");
  spill(codex_hooks(machine), "{}");
  const auto records = *read_records(machine.places());
  const auto plan =
      plan_install(Agent::codex, Scope::user, machine.installation(), machine.around(), records, "/w");
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->changes.size(), 2U);
  EXPECT_EQ(plan->changes[0].file.path, codex_config(machine));  // trust first
  spill(codex_hooks(machine), "{} ");
  EXPECT_FALSE(apply(*plan, machine.places(), records));
  EXPECT_EQ(slurp(codex_config(machine)), "a = 1\n");
  EXPECT_EQ(slurp(codex_hooks(machine)), "{} ");
}

TEST(Install, ChecksTheShim) {
  const Machine machine;
  ASSERT_EQ(::chmod(machine.hook().c_str(), 0644), 0);
  EXPECT_NE(why(machine, Agent::claude).find("not executable"), std::string::npos);
  ASSERT_EQ(::chmod(machine.hook().c_str(), 0757), 0);
  EXPECT_NE(why(machine, Agent::claude).find("others may write"), std::string::npos);
  std::filesystem::remove(machine.hook());
  EXPECT_NE(why(machine, Agent::claude).find("not there"), std::string::npos);
}

TEST(Install, SystemWritesManagedFilesUnderTheRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "the shim must belong to root";
  const Machine machine;
  ASSERT_EQ(why(machine, Agent::claude, Scope::system), "");
  ASSERT_EQ(why(machine, Agent::codex, Scope::system), "");
  const std::string etc = machine.root() + "/etc";
  const auto managed = parse_settings(slurp(etc + "/claude-code/managed-settings.json"), Comments::refuse);
  ASSERT_TRUE(managed);
  EXPECT_TRUE((*managed)["allowManagedHooksOnly"].bool_or(false));
  EXPECT_TRUE(names_weir(*managed));
  const std::string requirements = slurp(etc + "/codex/requirements.toml");
  ASSERT_TRUE(toml_outline(requirements));
  EXPECT_NE(requirements.find("allow_managed_hooks_only = true"), std::string::npos);
  EXPECT_NE(requirements.find("[[hooks.PreToolUse]]"), std::string::npos);
  EXPECT_EQ(os::file_info(etc + "/codex/requirements.toml")->mode, 0644U);
  EXPECT_NE(slurp(etc + "/systemd/system/weir.service").find("ExecStart=/usr/local/bin/weir daemon"),
            std::string::npos);
  // The service is shared: it goes with the last agent.
  const auto records = *read_records(machine.places());
  ASSERT_EQ(records.size(), 2U);
  ASSERT_TRUE(apply(*plan_uninstall(records[0], records), machine.places(), records));
  EXPECT_TRUE(os::exists(etc + "/systemd/system/weir.service"));
  ASSERT_TRUE(uninstall(machine));
  EXPECT_FALSE(os::exists(machine.root()));
}

TEST(Install, SystemNeedsRootOrAPrefix) {
  if (::geteuid() == 0) GTEST_SKIP() << "running as root";
  const Machine machine;
  Surroundings around = machine.around();
  around.root.clear();
  const auto plan = plan_install(Agent::claude, Scope::system, machine.installation(), around, {}, "/w");
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message().find("sudo"), std::string::npos);
}

TEST(Install, ADamagedRecordIsNotOverwritten) {
  const Machine machine;
  for (const std::string text :
       {"nonsense", "{}", R"({"version":1,"installs":[{"agent":"claude-code"}]})",
        R"({"version":1,"installs":[{"agent":"codex","scope":"user","files":[{"path":"x"}]}]})"}) {
    spill(records_path(machine.places()), text);
    const auto status = install(machine, Agent::claude);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::corrupt) << status.error().message();
    EXPECT_EQ(slurp(records_path(machine.places())), text);
  }
  const Machine other;
  const auto held = lock_records(other.places());
  ASSERT_TRUE(held);
  EXPECT_FALSE(lock_records(other.places()));
}

TEST(Diff, IsWhatDiffUnifiedPrints) {
  EXPECT_EQ(unified_diff("/f", "a\n", "a\n"), "");
  EXPECT_EQ(unified_diff("/f", std::nullopt, "a\nb"),
            "--- /dev/null\n+++ /f\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n");
  EXPECT_EQ(unified_diff("/f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n5\n6\n7\n8\n"),
            "--- /f\n+++ /f\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n 8\n-9\n");
  std::string a;
  std::string b;
  for (int i = 0; i < 40; ++i) {
    a += std::to_string(i) + "\n";
    b += (i == 5 || i == 30 ? "new " : "") + std::to_string(i) + "\n";
  }
  const std::string diff = unified_diff("/f", a, b);
  EXPECT_NE(diff.find("@@ -3,7 +3,7 @@\n"), std::string::npos) << diff;
  EXPECT_NE(diff.find("@@ -28,7 +28,7 @@\n"), std::string::npos) << diff;
}

}  // namespace
}  // namespace weir::setup
