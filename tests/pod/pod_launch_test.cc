// A pod from outside: what its program sees, what stays on the host, how it ends.
#include "pod/pod_launch.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <signal.h>

#include <filesystem>

#include "base/bytes.h"
#include "os/clock.h"
#include "pod/box.h"
#include "pod/mountinfo.h"
#include "support/namespaces.h"
#include "support/processes.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;
using testing::Not;

class PodLaunch : public Box {
 protected:
  static std::size_t left_after_waiting(const std::string& word) {
    (void)support::until([&] { return support::processes_with(word).empty(); });
    return support::processes_with(word).size();
  }
  // A supervisor of its own, so that it can be signalled or killed.
  static pid_t run_apart(const PodSpec& spec) {
    return support::in_child([&] {
      const auto done = run(spec);
      return done ? done->exit.code : 125;
    });
  }
  void wait_for_file(const std::string& name) const {
    ASSERT_TRUE(support::until([&] { return os::exists(upper() + "/" + name); }));
  }
};

TEST_F(PodLaunch, ExitCodesAndSignals) {
  EXPECT_EQ(code(shell("exit 0")), 0);
  EXPECT_EQ(code(shell("exit 42")), 42);
  const auto killed = run(shell("kill -SEGV $$"));
  ASSERT_TRUE(killed) << killed.error().message();
  EXPECT_EQ(killed->exit.signal, SIGSEGV);
  EXPECT_EQ(killed->exit.code, 128 + SIGSEGV);
  EXPECT_EQ(killed->ended_because, "");
}

TEST_F(PodLaunch, EverythingIsVerified) {
  const auto done = run(shell("true"));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->report.level(), Level::L3);
  EXPECT_GE(done->report.steps.size(), 18U);
  for (const auto& step : done->report.steps)
    EXPECT_TRUE(step.applied && step.verified) << step.name << ": " << step.detail;
}

TEST_F(PodLaunch, TheWorkspaceIsACopyUntilItIsCommitted) {
  write(workspace() + "/kept", "as it was");
  write(workspace() + "/removed", "still here");
  EXPECT_EQ(
      code(shell("echo changed > kept; rm removed; mkdir -p a/b; echo new > a/b/made; cat kept > seen")), 0);
  EXPECT_EQ(os::read_file(workspace() + "/kept", 100).value(), "as it was");
  EXPECT_TRUE(os::exists(workspace() + "/removed"));
  EXPECT_FALSE(os::exists(workspace() + "/a"));
  EXPECT_EQ(wrote("kept"), "changed\n");
  EXPECT_EQ(wrote("seen"), "changed\n");
  EXPECT_EQ(wrote("a/b/made"), "new\n");
  struct stat whiteout;
  ASSERT_EQ(::lstat((upper() + "/removed").c_str(), &whiteout), 0);
  EXPECT_TRUE(S_ISCHR(whiteout.st_mode) && whiteout.st_rdev == 0);
}

// Else nobody would see what it did, and it would be taken for nothing.
TEST_F(PodLaunch, AClosedWorkspaceIsOpenedAgain) {
  EXPECT_EQ(code(shell("echo new > made; chmod 0300 .")), 0);
  struct stat info;
  ASSERT_EQ(::stat(upper().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0700, 0700U);
  EXPECT_EQ(wrote("made"), "new\n");
}

// The bait must lie where the pod is not meant to see.
TEST_F(PodLaunch, ADirectoryForBaitMayBeShown) {
  auto spec = shell("true");
  std::erase_if(spec.mounts, [](const PodMount& mount) { return mount.at == "/tmp"; });
  spec.mounts.push_back({.kind = PodMount::Kind::read_only, .at = "/tmp", .source = "/tmp"});
  spec.cwd = "/";
  std::erase_if(spec.mounts, [](const PodMount& mount) { return mount.kind == PodMount::Kind::overlay; });
  const auto done = run(spec);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 0);
}

TEST_F(PodLaunch, TheProgramSeesWhatItsSpecSays) {
  auto spec = shell(
      "hostname; pwd; echo $HOME; id -un; ls / | tr '\\n' ' '; echo; ls /home; ls -A $HOME; "
      "test -w $HOME && test -w /tmp && test -w /dev/shm && echo writable; echo \"[$SOME_TOKEN]\"");
  spec.argv.back() = "(" + spec.argv.back() + ") > out";
  ASSERT_EQ(code(spec), 0);
  const std::string out = wrote("out");
  EXPECT_THAT(out, HasSubstr("pod\n" + workspace() + "\n/home/tester\ntester\n"));
  EXPECT_THAT(out, HasSubstr("dev etc home"));
  EXPECT_THAT(out, Not(HasSubstr("root ")));
  EXPECT_THAT(out, HasSubstr("tester\nwritable\n[]\n"));
}

TEST_F(PodLaunch, EverydayProgramsWork) {
  const std::string script =
      "set -e; python3 -c 'import socket,threading,multiprocessing\n"
      "s=socket.create_server((\"127.0.0.1\",0)); c=socket.create_connection(s.getsockname())\n"
      "t=threading.Thread(target=print,args=(1,)); t.start(); t.join()\n"
      "p=multiprocessing.Process(target=print,args=(2,)); p.start(); p.join(); assert p.exitcode==0';"
      "git init -q r; cd r; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; git log | "
      "grep -q x;"
      "echo out > /dev/stdout; echo err > /dev/stderr; ls /dev/pts > /dev/null; test \"$(nproc)\" -ge 1;"
      "sh -c 'echo in a shell' | cat > /tmp/file; mv /tmp/file \"$HOME/file\"; ln \"$HOME/file\" "
      "\"$HOME/second\"";
  EXPECT_EQ(code(shell(script)), 0);
}

TEST_F(PodLaunch, NothingIsLeftOfIt) {
  const std::string before = os::read_file("/proc/self/mountinfo", 4 << 20).value_or("");
  ASSERT_EQ(
      code(shell("(sleep 98761 &) ; (setsid sleep 98761 &) ; nohup sleep 98761 > /dev/null 2>&1 & exit 3")),
      3);
  EXPECT_EQ(left_after_waiting("98761"), 0U);
  EXPECT_EQ(os::read_file("/proc/self/mountinfo", 4 << 20).value_or("?"), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  for (const auto& name : os::list_dir("/tmp"))
    EXPECT_FALSE(name.starts_with("weir-canary-") && name.contains(std::to_string(::getpid()))) << name;
}

TEST_F(PodLaunch, DiesWithItsSupervisor) {
  const pid_t supervisor = run_apart(shell("sleep 98762 & : > ready; sleep 98762; sleep 98762"));
  wait_for_file("ready");
  EXPECT_FALSE(support::processes_with("98762").empty());
  ::kill(supervisor, SIGKILL);
  EXPECT_EQ(support::exit_code(supervisor), -SIGKILL);
  EXPECT_EQ(left_after_waiting("98762"), 0U);
}

TEST_F(PodLaunch, SignalsAreForwarded) {
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGUSR1}) {
    (void)os::remove_file(upper() + "/ready");
    const pid_t supervisor =
        run_apart(shell("trap 'exit 33' TERM HUP INT USR1; : > ready; while :; do sleep 0.05; done"));
    wait_for_file("ready");
    ::kill(supervisor, signal);
    EXPECT_EQ(support::exit_code(supervisor), 33) << signal;
  }
}

TEST_F(PodLaunch, OrphansAreReaped) {
  EXPECT_EQ(code(shell("for i in 1 2 3 4 5; do (sleep 0.05 &) ; done; sleep 0.4; "
                       "grep -l '^State:.Z' /proc/[0-9]*/status > zombies; exit 0")),
            0);
  EXPECT_EQ(wrote("zombies"), "");
}

TEST_F(PodLaunch, TheCallerMayRefuse) {
  const auto plan = plan_pod(shell(": > ran"));
  ASSERT_TRUE(plan);
  PodOptions options;
  options.on_ready = [](const PodReady&) -> Status { return fail(ErrorCode::denied, "not today", "test"); };
  const auto done = launch_pod(*plan, options);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, "not today");
  EXPECT_FALSE(os::exists(upper() + "/ran"));
}

TEST_F(PodLaunch, SaysWhatCannotBeRun) {
  auto spec = shell("true");
  spec.argv = {"no-such-program-here"};
  const auto missing = run(spec);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().hint, HasSubstr("--ro"));
  write(workspace() + "/bad", "#!/no/such/interpreter\n");
  ::chmod((workspace() + "/bad").c_str(), 0755);
  spec.argv = {"./bad"};
  const auto bad = run(spec);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().hint, HasSubstr("interpreter"));
}

TEST_F(PodLaunch, NoTcpWhenTheProfileSaysSo) {
  const std::string script =
      "import socket,sys\ntry: socket.create_server(('127.0.0.1',0))\n"
      "except PermissionError: sys.exit(7)";
  auto spec = shell("true");
  spec.argv = {"python3", "-c", script};
  EXPECT_EQ(code(spec), 0);
  spec.network = PodNetwork::none;
  EXPECT_EQ(code(spec), 7);
}

TEST_F(PodLaunch, BindsAreAsTheySay) {
  ASSERT_TRUE(os::make_dirs(top() + "/shared"));
  ASSERT_TRUE(os::make_dirs(top() + "/library"));
  auto wanted =
      request({"sh", "-c", "echo x > " + top() + "/shared/made; ! touch " + top() + "/library/made"});
  wanted.writable = {top() + "/shared"};
  wanted.read_only = {top() + "/library"};
  const auto spec = pod_spec(generic(), wanted);
  ASSERT_TRUE(spec);
  EXPECT_EQ(code(*spec), 0);
  EXPECT_EQ(os::read_file(top() + "/shared/made", 10).value_or(""), "x\n");
  EXPECT_FALSE(os::exists(top() + "/library/made"));
}

// Colons and commas are overlayfs' own, newlines break its table: all of them are only bytes here.
TEST_F(PodLaunch, OddNamesOfAWorkspace) {
  const std::string odd = top() + "/a:b,c\\d e\nf";
  ASSERT_TRUE(os::make_dirs(odd));
  auto wanted = request({"sh", "-c", "echo x > made"});
  wanted.workspace = odd;
  const auto spec = pod_spec(generic(), wanted);
  ASSERT_TRUE(spec);
  EXPECT_EQ(code(*spec), 0);
  EXPECT_EQ(wrote("made"), "x\n");
}

TEST_F(PodLaunch, WithoutNamespacesOneClearLine) {
  const auto message = [&]() -> std::string {
    // A limit of this user namespace alone; it ends with the test's process.
    if (!support::write_text("/proc/sys/user/max_user_namespaces", "0")) return "the limit could not be set";
    const auto done = run(shell("true"));
    if (done) return "a pod was made";
    if (done.error().code != ErrorCode::unavailable) return done.error().message();
    return done.error().message().contains("max_user_namespaces") ? "" : done.error().message();
  };
  EXPECT_EQ(support::in_own_namespaces(message), "");
}

// The reason must arrive however the two ends of the channel are scheduled.
TEST_F(PodLaunch, AWorkspaceWithAMountInItIsOneClearLineEveryTime) {
  const auto message = [&]() -> std::string {
    const std::string inner = workspace() + "/inner";
    if (!os::make_dirs(inner) || ::mount("none", inner.c_str(), "tmpfs", 0, nullptr) != 0) return "no mount";
    for (int i = 0; i < 60; ++i) {
      const auto done = run(shell("true"));
      if (done) return "a pod was made";
      if (!done.error().hint.contains("mounted inside")) return done.error().message();
    }
    return "";
  };
  EXPECT_EQ(support::in_own_namespaces(message), "");
}

// As in a container that masks parts of /proc: the kernel gives no new one.
TEST_F(PodLaunch, InAContainerThatMasksProcOneClearLine) {
  const auto message = [&]() -> std::string {
    if (::mount("/dev/null", "/proc/kallsyms", nullptr, MS_BIND, nullptr) != 0 &&
        ::mount("/dev/null", "/proc/cpuinfo", nullptr, MS_BIND, nullptr) != 0)
      return "nothing could be masked";
    const auto done = run(shell("true"));
    if (done) return "a pod was made";
    const std::string said = done.error().message();
    return done.error().code == ErrorCode::unavailable && said.contains("/proc") && !said.contains('\n')
               ? ""
               : said;
  };
  EXPECT_EQ(support::in_own_namespaces(message), "");
}

TEST_F(PodLaunch, AnOrdinaryUserGetsTheSame) {
  if (::geteuid() != 0) GTEST_SKIP() << "this test runs as one already";
  for (const auto& path : {top(), workspace(), upper(), top() + "/work"})
    ASSERT_EQ(::chown(path.c_str(), support::kSomebody, support::kSomebody), 0);
  const auto wrong = [&]() -> std::string {
    if (!support::become_somebody()) return "still root";
    const auto done = run(shell("id -u > out; touch made"));
    if (!done) return done.error().message();
    if (done->report.level() != Level::L3) return "another level";
    return done->exit.code == 0 ? "" : "exit " + std::to_string(done->exit.code);
  };
  EXPECT_EQ(support::said_by_child(wrong), "");
  EXPECT_EQ(wrote("out"), "1001\n");
}

TEST_F(PodLaunch, IsTriedWithoutRunningAnything) {
  const auto plan = plan_pod(shell(": > ran"));
  ASSERT_TRUE(plan);
  const auto report = try_pod(*plan);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->level(), Level::L3);
  EXPECT_FALSE(os::exists(upper() + "/ran"));
}

}  // namespace
}  // namespace weir::pod
