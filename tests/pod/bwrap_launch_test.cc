// Pods whose namespaces bubblewrap makes, for hosts that let nobody else.
#include "pod/bwrap_place.h"

#include <gmock/gmock.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cstddef>

#include "pod/box.h"
#include "pod/namespaces.h"
#include "pod/namespaces_here.h"
#include "pod/pod_filter.h"
#include "support/namespaces.h"

namespace weir::pod {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string joined_words(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words)
    line += word + " ";
  return line;
}

TEST(BwrapCommand, IsTheViewOfThePlan) {
  PodPlan plan;
  plan.uid = 1000;
  plan.gid = 1001;
  plan.spec.hostname = "box";
  plan.spec.links = {{"/bin", "usr/bin"}};
  plan.spec.files = {{"/etc/passwd", "me:x\n"}};
  plan.mounts = {{.kind = PodMount::Kind::read_only, .at = "/usr", .source = "/usr"},
                 {.kind = PodMount::Kind::tmpfs, .at = "/tmp", .bytes_max = 4096},
                 {.kind = PodMount::Kind::own, .at = "/home/a b/w", .source = "/state/work/workspace"}};
  plan.doors = {{"/run/door", "/real/door"}};
  const auto command = bwrap_command(plan, "/usr/bin/bwrap", "/opt/weir", {"--internal", "7"});
  ASSERT_TRUE(command);
  const std::string line = joined_words(command->argv);
  EXPECT_TRUE(line.starts_with("/usr/bin/bwrap --unshare-user ")) << line;
  for (const char* part :
       {"--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent", "--as-pid-1",
        "--cap-drop ALL", "--uid 1000 --gid 1001", "--hostname box", "--ro-bind /usr /usr ",
        "--size 4096 --perms 1777 --tmpfs /tmp ", "--bind /state/work/workspace /home/a b/w ",
        "--ro-bind /real/door /run/door ", "--symlink usr/bin /bin ", "--remount-ro / "})
    EXPECT_THAT(line, HasSubstr(part));
  EXPECT_TRUE(line.ends_with("--chdir / -- /run/weir-pod-inside --internal 7 ")) << line;
  ASSERT_EQ(command->files.size(), 1U);
  char content[16] = {};
  EXPECT_EQ(::read(command->files[0].get(), content, sizeof content), 5);
  EXPECT_THAT(line, HasSubstr("--file " + std::to_string(command->files[0].get()) + " /etc/passwd "));
}

class BwrapLaunch : public Box {
 protected:
  void SetUp() override {
    Box::SetUp();
    if (IsSkipped()) return;
    if (const auto found = find_bwrap(); !found) GTEST_SKIP() << found.error().message();
    if (const auto found = inside_program(); !found) GTEST_SKIP() << found.error().message();
  }
  PodSpec by_bwrap(const std::string& script) const {
    PodSpec spec = shell(script);
    spec.launcher = Launcher::bwrap;
    return spec;
  }
};

TEST_F(BwrapLaunch, EveryWallIsVerifiedAsInAPodOfItsOwn) {
  write(workspace() + "/removed", "still here");
  const auto done =
      run(by_bwrap("rm removed; echo new > made; pwd > where; hostname >> where; id -u >> where"));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 0);
  EXPECT_EQ(done->report.level(), Level::L3);
  EXPECT_EQ(done->report.launcher, Launcher::bwrap);
  EXPECT_THAT(done->report.notes, Contains(HasSubstr("was a copy")));
  EXPECT_EQ(wrote("where"), workspace() + "\npod\n" + std::to_string(::getuid()) + "\n");
  EXPECT_TRUE(os::exists(workspace() + "/removed"));
  struct stat whiteout;
  ASSERT_EQ(::lstat((upper() + "/removed").c_str(), &whiteout), 0);
  EXPECT_TRUE(S_ISCHR(whiteout.st_mode));
  EXPECT_TRUE(os::list_dir(top() + "/work").empty());
}

TEST_F(BwrapLaunch, ExitCodesSignalsAndErrors) {
  EXPECT_EQ(code(by_bwrap("exit 42")), 42);
  const auto killed = run(by_bwrap("kill -SEGV $$"));
  ASSERT_TRUE(killed) << killed.error().message();
  EXPECT_EQ(killed->exit.code, 128 + SIGSEGV);
  auto nothing = by_bwrap("true");
  nothing.argv = {"no-such-program"};
  EXPECT_EQ(run(nothing).error().code, ErrorCode::not_found);
}

TEST_F(BwrapLaunch, WhatItCannotDoIsAnError) {
  auto spec = by_bwrap("true");
  spec.published = {3000};
  EXPECT_THAT(run(spec).error().message(), HasSubstr("the launcher bwrap cannot do this"));
}

TEST_F(BwrapLaunch, SignalsReachTheCommandAndNobodyOutlivesIt) {
  const auto wrong = [&]() -> std::string {
    const pid_t supervisor = ::fork();
    if (supervisor == 0) {
      const auto done =
          run(by_bwrap("trap 'exit 7' TERM; setsid sleep 7654 & touch up; while :; do sleep 0.1; done"));
      ::_exit(done ? done->exit.code : 125);
    }
    for (int i = 0; i < 500 && !os::exists(top() + "/work/workspace/up"); ++i)
      ::usleep(10'000);
    ::kill(supervisor, SIGTERM);
    int status = 0;
    ::waitpid(supervisor, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) return "status " + std::to_string(status);
    for (const auto& name : os::list_dir("/proc"))
      if (os::read_file("/proc/" + name + "/cmdline", 4096).value_or("").contains("7654"))
        return "left " + name;
    return "";
  };
  EXPECT_EQ(support::in_own_namespaces(wrong), "");
}

TEST_F(BwrapLaunch, ItEndsWithItsSupervisor) {
  const auto left = [&]() -> std::string {
    return left_of_killed(by_bwrap("setsid sleep 7655 & touch up; sleep 7655"), "7655");
  };
  EXPECT_EQ(support::in_own_namespaces(left), "");
}

TEST_F(BwrapLaunch, LimitsAreKept) {
  auto spec = by_bwrap("sleep 60");
  spec.limits.wall_ms = 300;
  const auto timed = run(spec);
  ASSERT_TRUE(timed) << timed.error().message();
  EXPECT_THAT(timed->ended_because, HasSubstr("time"));
  auto big = by_bwrap("head -c 60000000 /dev/zero > big; sleep 60");
  big.limits.disk_bytes = 20 << 20;
  const auto full = run(big);
  ASSERT_TRUE(full) << full.error().message();
  EXPECT_THAT(full->ended_because, HasSubstr("disk"));
}

// A host that lets bubblewrap alone make user namespaces: what Weir asks for itself is refused by a filter
// around it that bubblewrap's own call passes.
TEST_F(BwrapLaunch, ItIsTakenWhereItAloneMay) {
  const auto by = [&]() -> std::string {
    if (!set_no_new_privileges()) return "no_new_privs";
    const auto load = [](std::size_t offset) {
      return BpfInstruction{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
    };
    constexpr auto kAnswer = [](int number) {
      return BpfInstruction{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number)};
    };
    const std::vector<BpfInstruction> filter = {
        load(offsetof(seccomp_data, nr)),
        {BPF_JMP | BPF_JEQ | BPF_K, 4, 0, SYS_clone3},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 2, SYS_unshare},
        load(offsetof(seccomp_data, args)),
        {BPF_JMP | BPF_JEQ | BPF_K, 2, 0, CLONE_NEWUSER | CLONE_NEWNS},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
        kAnswer(ENOSYS),
        kAnswer(EPERM),
    };
    if (!load_filter(filter)) return "no filter";
    if (namespaces_work()) return "namespaces work all the same";
    const auto done = run(shell("true"));
    if (!done) return done.error().message();
    return std::string(name(done->report.launcher)) + " " + std::string(name(done->report.level()));
  };
  std::string said;
  EXPECT_EQ(
      support::in_own_namespaces([&]() -> std::string { return (said = by()) == "bwrap L3" ? "" : said; }),
      "");
}

}  // namespace
}  // namespace weir::pod
