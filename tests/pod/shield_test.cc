// The light shield as an agent meets it: every attack of attacks.py with and without it, and what must go on
// working inside.
#include "pod/shield.h"

#include <gmock/gmock.h>

#include <iostream>

#include "base/bytes.h"
#include "pod/landlock.h"
#include "pod/throwaway.h"

namespace weir::pod {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Attack {
  std::string name;
  std::string mark;  // "", "only-shield" or "root-only"
};

std::vector<Attack> attacks() {
  const std::string text = os::read_file(WEIR_SOURCE_DIR "/tests/pod/attacks.txt", 1 << 16).value_or("");
  std::vector<Attack> list;
  for (const auto line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    const auto words = split(line, ' ');
    list.push_back({std::string(words[0]), words.size() > 1 ? std::string(words[1]) : ""});
  }
  return list;
}

class ShieldAttack : public Throwaway, public testing::WithParamInterface<Attack> {
 protected:
  int attack(bool shielded) const {
    const auto done =
        launch(options({"python3", WEIR_SOURCE_DIR "/tests/pod/attacks.py", GetParam().name}, shielded));
    EXPECT_TRUE(done) << done.error().message();
    return done ? done->exit.code : -1;
  }
  static constexpr int kGotThrough = 0;
  static constexpr int kRefused = 10;
};

TEST_P(ShieldAttack, IsRefusedInside) {
  if (const auto why = no_namespaces(); !why.empty()) GTEST_SKIP() << why;
  if (GetParam().mark == "root-only" && ::geteuid() != 0) GTEST_SKIP() << "only root could try it";
  const bool needs_scope = GetParam().name.starts_with("signal_") || GetParam().name == "connect_abstract";
  if (needs_scope && landlock_abi() < kLandlockAbiScopes) GTEST_SKIP() << "the kernel has no Landlock scopes";
  EXPECT_EQ(attack(true), kRefused);
  // Not only what the attack says: what it left behind.
  EXPECT_EQ(read(settings()), kSettings);
  EXPECT_EQ(read(state() + "/keys/signing.key"), kSecret);
  EXPECT_FALSE(os::exists(state() + "/planted"));
  EXPECT_TRUE(os::list_dir(config() + "/policies").empty());
  EXPECT_EQ(read(marker()), "ready\n");
}

TEST_P(ShieldAttack, GetsThroughWithoutShield) {
  if (GetParam().mark == "only-shield") GTEST_SKIP() << "an ordinary process has not the privileges for it";
  if (GetParam().mark == "root-only" && ::geteuid() != 0) GTEST_SKIP() << "only root could try it";
  EXPECT_EQ(attack(false), kGotThrough);
}

INSTANTIATE_TEST_SUITE_P(All, ShieldAttack, testing::ValuesIn(attacks()),
                         [](const auto& param) { return param.param.name; });

class Shield : public Throwaway {
 protected:
  void SetUp() override {
    if (const auto why = no_namespaces(); !why.empty()) GTEST_SKIP() << why;
    Throwaway::SetUp();
  }
  os::Exit run_inside(const std::string& script) {
    const auto done = launch(shell(script, true));
    EXPECT_TRUE(done) << done.error().message();
    return done ? done->exit : os::Exit{-1, 0};
  }
};

TEST_F(Shield, OrdinaryWorkGoesOn) {
  EXPECT_EQ(run_inside("set -e; echo x > file; mkdir -p a/b; mv file a/b/; rm -r a; echo y > ~/note;"
                       "t=$(mktemp); mv $t ~/.claude/history.tmp; mv ~/.claude/history.tmp ~/.claude/history;"
                       "git init -q .; test -d .git; grep -q weir-hook ~/.claude/settings.json;"
                       "sleep 60 & kill $!; test $(id -u) = " +
                       std::to_string(::geteuid()) + "; test $(pwd) = " + work() + "; echo z > /dev/null")
                .code,
            0);
  EXPECT_EQ(read(home() + "/note"), "y\n");
}

TEST_F(Shield, EventSocketAnswers) {
  EXPECT_EQ(launch(options({"python3", "-c",
                            "import os,socket; socket.socket(socket.AF_UNIX).connect(os.environ['T_RUN'] + "
                            "'/event.sock')"},
                           true))
                ->exit.code,
            0);
}

TEST_F(Shield, ReportSaysWhatWasTried) {
  auto run = shell("true", true);
  std::optional<ShieldReport> seen;
  run.on_ready = [&](const Started& started) -> Status {
    seen = started.report;
    return {};
  };
  const auto done = launch(run);
  ASSERT_TRUE(done) << done.error().message();
  ASSERT_TRUE(seen);
  for (const char* name : {"hidden", "kept", "read_only", "masked", "pinned", "locked", "capabilities",
                           "tracing", "terminals", "terminal_input", "foreign_limits"}) {
    const auto* step = seen->find(name);
    ASSERT_NE(step, nullptr) << name;
    EXPECT_TRUE(step->applied && step->verified) << name << ": " << step->detail;
  }
  EXPECT_EQ(seen->find("signals")->verified, landlock_abi() >= kLandlockAbiScopes);
  EXPECT_EQ(seen->complete(), landlock_abi() >= kLandlockAbiScopes);
  EXPECT_THAT(seen->mount_points, Contains(settings()));
  const auto again = shield_report_from_json(to_json(*seen));
  ASSERT_TRUE(again);
  EXPECT_EQ(canonical(to_json(*again)), canonical(to_json(*seen)));
}

TEST_F(Shield, CallerMayRefuseBeforeTheProgramRuns) {
  auto run = shell("echo ran > ran", true);
  run.on_ready = [](const Started&) -> Status { return fail("not recorded", "ledger"); };
  const auto done = launch(run);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, "not recorded");
  EXPECT_FALSE(os::exists(work() + "/ran"));
}

TEST_F(Shield, MissingHiddenDirectoryIsMadeSoThatNobodyElseDoes) {
  auto run = shell("mkdir ~/.config/weir-new 2>/dev/null; touch ~/.config/weir-new/policy", true);
  run.shield->hidden_dirs.push_back(home() + "/.config/weir-new");
  EXPECT_NE(launch(run)->exit.code, 0);
  EXPECT_EQ(os::file_info(home() + "/.config/weir-new")->mode, 0700u);
  EXPECT_TRUE(os::list_dir(home() + "/.config/weir-new").empty());
}

TEST_F(Shield, ReadOnlyBelowHiddenStaysVisible) {
  write(state() + "/hook", "#!/bin/sh\nexit 7\n");
  ASSERT_EQ(::chmod((state() + "/hook").c_str(), 0755), 0);
  auto run = shell(
      "! echo x >> $T_STATE/hook 2>/dev/null || exit 1; test ! -e $T_STATE/keys || exit 2; $T_STATE/hook",
      true);
  run.shield->read_only_paths.push_back(state() + "/hook");
  EXPECT_EQ(launch(run)->exit.code, 7);
}

TEST_F(Shield, FileThatAppearsIsABreach) {
  const std::string absent = work() + "/.claude-settings.local.json";
  auto run = shell("sleep 0.1; echo '{}' > .claude-settings.local.json; exec sleep 30", true);
  run.shield->read_only_paths.push_back(absent);
  run.breach_check_ms = 50;
  const auto done = launch(run);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.signal, SIGKILL);
  ASSERT_EQ(done->breaches.size(), 1u);
  EXPECT_EQ(done->breaches[0], "appeared during the run: " + absent);
  EXPECT_THAT(done->report->weaknesses, Contains(HasSubstr(absent)));
}

TEST_F(Shield, ReplacementFromOutsideIsABreach) {
  auto run = shell("exec sleep 30", true);
  run.breach_check_ms = 50;
  int ticks = 0;
  std::vector<std::string> seen;
  run.tick_ms = 20;
  run.on_tick = [&](Supervised&) {
    if (++ticks == 3) write(settings(), "{}");  // renames a new file over it
  };
  run.on_breach = [&](const std::vector<std::string>& what, Supervised& running) {
    seen = what;
    (void)running.kill("breach");
  };
  const auto done = launch(run);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->ended_because, "breach");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_THAT(seen[0], HasSubstr(settings()));
}

TEST_F(Shield, AgentMayHaveNamespacesOfItsOwn) {
  auto run =
      options({"python3", "-c",
               "import ctypes, time; assert ctypes.CDLL(None).unshare(0x10020000) == 0; time.sleep(0.3)"},
              true);
  run.breach_check_ms = 20;
  run.tick_ms = 20;
  const auto done = launch(run);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_THAT(done->breaches, testing::IsEmpty());
  EXPECT_EQ(done->exit.code, 0);
}

TEST_F(Shield, LinkThatLeadsElsewhereIsABreach) {
  const std::string link = home() + "/.claude/linked.json";
  write(home() + "/dotfiles.json", "{}");
  ASSERT_EQ(::symlink((home() + "/dotfiles.json").c_str(), link.c_str()), 0);
  auto run = shell(
      "! echo x >> ~/dotfiles.json 2>/dev/null || exit 1; rm ~/.claude/linked.json; echo '{}' > "
      "~/.claude/linked.json; exec sleep 30",
      true);
  run.shield->read_only_paths.push_back(link);
  run.breach_check_ms = 50;
  const auto done = launch(run);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->breaches.size(), 1u);
  EXPECT_THAT(done->breaches[0], HasSubstr("leads elsewhere"));
}

TEST_F(Shield, StrictRefusesNamespacesAndTracing) {
  auto run = shell(
      "unshare --user true && exit 1; unshare --mount true && exit 2;"
      "python3 -c 'import ctypes; exit(ctypes.CDLL(None).ptrace(0, 0, None, None) == 0)' || exit 3;"
      "ls / | wc -l >/dev/null; python3 -c 'import subprocess; subprocess.run([\"true\"], check=True)'",
      true);
  run.shield->syscall_filter = SyscallFilter::strict;
  const auto done = launch(run);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 0);
}

TEST_F(Shield, SetUserIdProgramsGainNothing) {
  EXPECT_EQ(run_inside("grep -q 'NoNewPrivs:.1' /proc/self/status").code, 0);
  if (::geteuid() != 0) GTEST_SKIP() << "making a set-user-ID program of another owner needs root";
  ASSERT_EQ(os::run_child({.argv = {"cp", "/usr/bin/id", work() + "/id"}})->exit.code, 0);
  ASSERT_EQ(::chown((work() + "/id").c_str(), 1234, 1234), 0);
  ASSERT_EQ(::chmod((work() + "/id").c_str(), 04755), 0);
  EXPECT_EQ(run_inside("test $(./id -u) = 0").code, 0);
  EXPECT_EQ(launch(shell("test $(./id -u) = 1234", false))->exit.code, 0);
}

TEST_F(Shield, PlanRefusesNonsense) {
  ShieldSpec relative;
  relative.read_only_paths = {"settings.json"};
  EXPECT_EQ(plan_shield(relative, work()).error().code, ErrorCode::invalid);
  ShieldSpec bytes;
  bytes.read_only_paths = {"/tmp/\xff"};
  EXPECT_THAT(plan_shield(bytes, work()).error().what, HasSubstr("UTF-8"));
  ShieldSpec own_workspace;
  own_workspace.hidden_dirs = {home()};
  EXPECT_THAT(plan_shield(own_workspace, work()).error().what, HasSubstr("holds the working directory"));
  ShieldSpec stray;
  stray.kept_paths = {settings()};
  EXPECT_EQ(plan_shield(stray, work()).error().code, ErrorCode::invalid);
  ShieldSpec many;
  many.read_only_paths.assign(limits::kShieldPathsMax + 1, "/etc/passwd");
  EXPECT_EQ(plan_shield(many, work()).error().code, ErrorCode::limit);
}

TEST_F(Shield, HardLinksAreNamedAsAWeakness) {
  ASSERT_EQ(::link(settings().c_str(), (home() + "/other-name").c_str()), 0);
  const auto plan = plan_shield(spec(), work());
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->weaknesses, Contains(HasSubstr("hard links")));
}

TEST_F(Shield, OtherNameOfAStateDirectoryIsHiddenToo) {
  // The whole test moves into a namespace of its own, where the home is bound to a second place.
  if (::geteuid() != 0) GTEST_SKIP() << "binding the home to a second place needs root";
  const std::string second = top() + "/second";
  ASSERT_TRUE(os::make_dirs(second));
  ASSERT_TRUE(os::make_dirs(home() + "/inner"));
  const std::string self = os::self_path();
  const auto done =
      os::run_child({.argv = {"unshare", "--mount", "sh", "-c",
                              "mount --bind \"$1\" \"$2\" && exec \"$3\" --gtest_filter=Aliased.*", "sh",
                              home(), second, self},
                     .env = std::map<std::string, std::string>{{"PATH", "/usr/bin:/bin"},
                                                               {"T_ALIAS_STATE", state()},
                                                               {"T_ALIAS", second + "/.local/state/weir"}}});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->exit.code, 0) << done->out << done->err;
}

// Started by the test above only.
TEST(Aliased, IsHiddenToo) {
  const std::string state = os::env_or("T_ALIAS_STATE", "");
  if (state.empty()) GTEST_SKIP() << "runs inside OtherNameOfAStateDirectoryIsHiddenToo";
  LaunchOptions run;
  run.argv = {"sh", "-c", "test -z \"$(ls -A $T_ALIAS)\" && test -z \"$(ls -A $T_ALIAS_STATE)\""};
  run.env = os::environment();
  run.cwd = "/";
  run.shield = ShieldSpec{};
  run.shield->hidden_dirs = {state};
  const auto done = launch(run);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 0);
}

TEST_F(Shield, TryingLeavesTheCallerAsItWas) {
  const auto plan = plan_shield(spec(), work());
  ASSERT_TRUE(plan);
  const auto report = try_shield(*plan);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->find("locked")->verified);
  EXPECT_EQ(read(state() + "/keys/signing.key"), kSecret);
}

TEST_F(Shield, MissingNamespacesAreAnErrorThatSaysSo) {
  // Inside a strict shield no namespace can be made: the shield of the shield must say so and run nothing.
  const std::string self = os::self_path();
  auto run = options({self, "--gtest_filter=WithoutNamespaces.*"}, true);
  run.shield->syscall_filter = SyscallFilter::strict;
  run.env["T_WITHOUT_NAMESPACES"] = "1";
  run.env["ASAN_OPTIONS"] = "detect_leaks=0";  // the leak checker traces, which a strict shield refuses
  const auto done = launch(run);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 0);
}

TEST(WithoutNamespaces, IsUnavailable) {
  if (os::env_or("T_WITHOUT_NAMESPACES", "").empty())
    GTEST_SKIP() << "runs inside MissingNamespacesAreAnError...";
  LaunchOptions run;
  run.argv = {"true"};
  run.env = os::environment();
  run.cwd = "/";
  run.shield = ShieldSpec{};
  const auto done = launch(run);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
  EXPECT_THAT(done.error().hint, HasSubstr("--no-shield"));
}

// Root is special (the kernel grants it things by number), so the attacks are repeated as somebody else.
TEST(AsOrdinaryUser, EveryAttackIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "the other tests run as an ordinary user already";
  const std::string self = os::self_path();
  const std::vector<std::string> as_user = {"setpriv", "--reuid=4321", "--regid=4321", "--clear-groups"};
  auto argv = as_user;
  argv.insert(argv.end(), {"test", "-x", self, "-a", "-r", WEIR_SOURCE_DIR "/tests/pod/attacks.py"});
  if (os::run_child({.argv = argv})->exit.code != 0)
    GTEST_SKIP() << "an ordinary user cannot read this checkout";
  argv = as_user;
  // The report that GTEST_OUTPUT asks for goes where that user may not write; GoogleTest aborts then.
  argv.insert(argv.end(), {"env", "-u", "GTEST_OUTPUT", self,
                           "--gtest_filter=All/ShieldAttack.*:Shield.*:Launch*", "--gtest_brief=1"});
  const auto done = os::run_child({.argv = argv, .timeout_ms = 300'000});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->exit.code, 0) << done->out << done->err;
}

}  // namespace
}  // namespace weir::pod
