// Hosts that let Weir make no namespaces: what can be had is had, tried, and said; everything in namespaces
// of the test's own, in which the kernel refuses to make more.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>

#include "base/bytes.h"
#include "pod/box.h"
#include "pod/landlock.h"
#include "pod/namespaces.h"
#include "pod/namespaces_here.h"
#include "pod/pod_landlock.h"
#include "support/namespaces.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;

class LandlockLaunch : public Box {
 protected:
  void SetUp() override {
    Box::SetUp();
    if (!IsSkipped() && landlock_abi() < kLandlockAbiAlone) GTEST_SKIP() << "this kernel has no Landlock";
  }
  // As an ordinary user on a host with user.max_user_namespaces=0.
  static std::string on_such_a_host(const std::function<std::string()>& work) {
    return support::in_own_namespaces([&]() -> std::string {
      if (!support::write_text("/proc/sys/user/max_user_namespaces", "0")) return "the limit cannot be set";
      if (!give_up_capabilities()) return "the capabilities stay";
      return work();
    });
  }
  PodSpec low(const std::string& script, Level level = Level::L1) const {
    PodSpec spec = shell(script);
    spec.level = level;
    spec.keep_out = {top() + "/outside"};
    return spec;
  }
  // "" when the script ended with 0 in a pod of level L1.
  std::string held(const PodSpec& spec) const {
    const auto done = run(spec);
    if (!done) return done.error().message();
    if (done->report.level() != Level::L1) return "level " + std::string(name(done->report.level()));
    if (done->report.launcher != Launcher::landlock) return "another launcher";
    return done->exit.code == 0 ? "" : "exit " + std::to_string(done->exit.code) + " " + done->ended_because;
  }
  bool work_is_empty() const { return os::list_dir(top() + "/work").empty(); }
};

TEST_F(LandlockLaunch, TheLevelIsAnErrorThatSaysWhatCanBeHad) {
  const auto error = [&] {
    const auto done = run(shell("true"));
    return done ? "it ran" : done.error().message();
  };
  std::string said;
  EXPECT_EQ(on_such_a_host([&] {
              said = error();
              return said.contains("user.max_user_namespaces is 0") &&
                             said.contains("level L1, L3 was asked") &&
                             said.contains("--level L1 or --accept-level") &&
                             said.contains("sysctl user.max_user_namespaces=")
                         ? ""
                         : said;
            }),
            "");
  EXPECT_TRUE(work_is_empty());
}

TEST_F(LandlockLaunch, AcceptedItRunsAndLeavesWhatReviewReads) {
  write(workspace() + "/kept", "as it was");
  write(workspace() + "/removed", "still here");
  auto spec =
      low("echo changed > kept; rm removed; mkdir -p a/b; echo new > a/b/made; pwd > where; "
          "echo t > $TMPDIR/t; echo h > $HOME/h; test -z \"$SOME_TOKEN\"");
  EXPECT_EQ(on_such_a_host([&] { return held(spec); }), "");
  EXPECT_EQ(os::read_file(workspace() + "/kept", 100).value(), "as it was");
  EXPECT_TRUE(os::exists(workspace() + "/removed"));
  EXPECT_EQ(wrote("kept"), "changed\n");
  EXPECT_EQ(wrote("a/b/made"), "new\n");
  EXPECT_EQ(wrote("where"), top() + "/work/workspace\n");
  struct stat whiteout;
  ASSERT_EQ(::lstat((upper() + "/removed").c_str(), &whiteout), 0);
  EXPECT_TRUE(S_ISCHR(whiteout.st_mode));
  EXPECT_TRUE(work_is_empty());
}

TEST_F(LandlockLaunch, AcceptLevelTakesItToo) {
  auto spec = low("true", Level::L3);
  spec.accept_level = true;
  EXPECT_EQ(on_such_a_host([&] { return held(spec); }), "");
}

TEST_F(LandlockLaunch, WhatItCannotDoIsAnError) {
  const auto refused = [&](const std::function<void(PodSpec&)>& change) {
    PodSpec spec = low("true");
    spec.launcher = Launcher::landlock;
    change(spec);
    const auto done = run(spec);
    return done ? "it ran" : done.error().message();
  };
  EXPECT_THAT(refused([](PodSpec& spec) { spec.network = PodNetwork::egress; }), HasSubstr("--allow"));
  EXPECT_THAT(refused([](PodSpec& spec) { spec.published = {3000}; }), HasSubstr("published"));
  EXPECT_THAT(refused([](PodSpec& spec) { spec.supervised = true; }), HasSubstr("supervision"));
  EXPECT_THAT(refused([](PodSpec& spec) { spec.level = Level::L3; }), HasSubstr("add --level L1"));
  EXPECT_TRUE(work_is_empty());
}

// Each of these works outside, which is tried first.
TEST_F(LandlockLaunch, WaysOutWorkOutsideAndNotInside) {
  write(top() + "/outside/canary", "bait");
  const std::string attacks[] = {
      "cat " + top() + "/outside/canary",
      "echo x >> " + top() + "/outside/canary",
      "truncate -s 0 " + top() + "/outside/canary",
      "ls " + top() + "/outside",
      "mktemp -p " + top() + "/outside",
      "ln -s x " + workspace() + "/made-on-the-host",
      "kill -0 $P_OUTSIDE",
      "cat /proc/$P_OUTSIDE/cmdline",
      "renice -n 5 -p $P_OUTSIDE",
      "prlimit --pid $P_OUTSIDE --core=1:1",
      "ipcs -m -i $(ipcmk -M 1 | tr -dc 0-9)",
      "python3 -c 'import socket;socket.socket(socket.AF_UNIX).connect(\"" + top() + "/outside/socket\")'",
      "python3 -c 'import socket;a,b=socket.socketpair(socket.AF_UNIX,socket.SOCK_DGRAM)'",
      "python3 -c 'import socket;socket.socket(socket.AF_INET,socket.SOCK_DGRAM)'",
      "ls /proc/self/fd",
  };
  const auto wrong = [&] {
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = top() + "/outside/socket";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, 8) != 0)
      return std::string("no socket to try");
    const pid_t outside = ::fork();
    if (outside == 0) {
      ::execl("/bin/sleep", "sleep", "600", nullptr);
      ::_exit(1);
    }
    std::string out;
    for (const auto& attack : attacks) {
      const std::string script = "P_OUTSIDE=" + std::to_string(outside) + "; " + attack + " >/dev/null 2>&1";
      const auto control = os::run_child({.argv = {"sh", "-c", script}, .cwd = workspace()});
      if (!control || control->exit.code != 0) out += attack + " proves nothing; ";
      (void)::unlink((workspace() + "/made-on-the-host").c_str());
      const auto done = run(low(script));
      if (!done || done->exit.code == 0)
        out += attack + (done ? " got through; " : ": " + done.error().message() + "; ");
    }
    ::kill(outside, SIGKILL);
    return out;
  };
  EXPECT_EQ(on_such_a_host(wrong), "");
}

TEST_F(LandlockLaunch, EverydayProgramsWork) {
  const std::string script =
      "set -e; python3 -c 'import threading,subprocess\n"
      "t=threading.Thread(target=print,args=(1,)); t.start(); t.join()\n"
      "subprocess.run([\"true\"],check=True)';"
      "git init -q r; cd r; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; git log | "
      "grep -q x;"
      "echo out > /dev/stdout; test \"$(nproc)\" -ge 1; cat <(echo bash) >/dev/null;"
      "sh -c 'echo in a shell' | cat > \"$TMPDIR/file\"; mv \"$TMPDIR/file\" \"$HOME/file\"; "
      "printf 'int main(void){return 0;}' > a.c; if command -v cc; then cc a.c -o a && ./a; fi";
  auto spec = low(script);
  spec.argv = {"bash", "-c", script};
  EXPECT_EQ(on_such_a_host([&] { return held(spec); }), "");
}

// Names outside of what is shown are seen here, and what they name may not be executed.
TEST_F(LandlockLaunch, AProgramThatMayNotBeRunIsPassedOverForTheNextInThePath) {
  write(top() + "/outside/id", "#!/bin/sh\necho outside > id.txt\n");
  ASSERT_EQ(::chmod((top() + "/outside/id").c_str(), 0755), 0);
  auto spec = low("");
  spec.argv = {"id", "-u"};
  spec.env["PATH"] = top() + "/outside:/usr/bin:/bin";
  EXPECT_EQ(on_such_a_host([&] { return held(spec); }), "");
  EXPECT_EQ(wrote("id.txt"), "(nothing)");
  spec.env["PATH"] = top() + "/outside";
  EXPECT_THAT(on_such_a_host([&] { return held(spec); }), HasSubstr("id"));
}

// There is no root directory of its own in which a link could stand.
TEST_F(LandlockLaunch, ProgramsThatAPodWouldHaveLinksToAreCalledWhereTheyLie) {
  write(top() + "/outside/tool.sh", "#!/usr/bin/env reader\necho read > read.txt\n");
  write(top() + "/outside/reader", "#!/bin/sh\n. \"$1\"\n");
  for (const char* name : {"/outside/tool.sh", "/outside/reader"})
    ASSERT_EQ(::chmod((top() + name).c_str(), 0755), 0);
  auto spec = low("");
  for (const auto& [at, target] : {std::pair{"tool", "tool.sh"}, {"reader", "reader"}}) {
    const std::string path = top() + "/outside/" + target;
    spec.mounts.push_back({.kind = PodMount::Kind::read_only, .at = path, .source = path});
    spec.links.push_back({std::string("/run/own/bin/") + at, path});
  }
  spec.keep_out.clear();
  spec.env["PATH"] = "/run/own/bin:" + spec.env["PATH"];
  for (const char* called : {"tool", "/run/own/bin/tool"}) {
    spec.argv = {called};
    EXPECT_EQ(on_such_a_host([&] { return held(spec); }), "") << called;
    EXPECT_EQ(wrote("read.txt"), "read\n") << called;
    (void)::unlink((upper() + "/read.txt").c_str());
  }
}

// No pid namespace ends them, and the command does all it can to be rid of its supervisor.
TEST_F(LandlockLaunch, NobodyOutlivesTheCommand) {
  const std::string script =
      "for i in 1 2 3; do setsid sh -c '(trap \"\" TERM; exec sleep 6543) & sleep 6543' & done; "
      "kill -9 $PPID; kill -STOP $PPID; kill -9 -1; sleep 0.1; exit 0";
  const auto left = [&]() -> std::string {
    (void)run(low(script));
    for (const auto& name : os::list_dir("/proc"))
      if (os::read_file("/proc/" + name + "/cmdline", 4096).value_or("").contains("6543"))
        return "left: " + name;
    return "";
  };
  EXPECT_EQ(on_such_a_host(left), "");
}

TEST_F(LandlockLaunch, ItEndsWithItsSupervisor) {
  const auto left = [&]() -> std::string {
    return left_of_killed(low("setsid sleep 6544 & touch " + top() + "/work/workspace/up; sleep 6544"),
                          "6544");
  };
  EXPECT_EQ(on_such_a_host(left), "");
}

TEST_F(LandlockLaunch, LimitsAreKept) {
  const auto ended = [&](const std::string& script, const std::function<void(PodLimits&)>& limit) {
    PodSpec spec = low(script);
    limit(spec.limits);
    const auto done = run(spec);
    return done ? done->ended_because : done.error().message();
  };
  const auto wrong = [&] {
    std::string out;
    const auto expect = [&](const std::string& said, const char* word) {
      if (!said.starts_with(word)) out += std::string(word) + " [" + said + "] ";
    };
    expect(ended("sleep 60", [](PodLimits& limits) { limits.wall_ms = 300; }), "time");
    expect(ended("for i in $(seq 40); do sleep 60 & done; wait",
                 [](PodLimits& limits) { limits.processes = 20; }),
           "processes");
    expect(ended("while :; do :; done", [](PodLimits& limits) { limits.cpu_ms = 300; }), "processor time");
    expect(ended("python3 -c 'a=bytearray(300<<20); import time; time.sleep(60)'",
                 [](PodLimits& limits) { limits.memory_bytes = 100 << 20; }),
           "memory");
    expect(ended("head -c 60000000 /dev/zero > big; sleep 60",
                 [](PodLimits& limits) { limits.disk_bytes = 20 << 20; }),
           "disk");
    return out;
  };
  EXPECT_EQ(on_such_a_host(wrong), "");
}

TEST(NamespacesHere, WhatIsOffIsSaid) {
  EXPECT_EQ(trouble_of({.max_user_namespaces = "0"}), "user.max_user_namespaces is 0");
  EXPECT_THAT(remedy_of({.max_user_namespaces = "0", .in_container = true}), HasSubstr("sysctl user.max"));
  EXPECT_THAT(trouble_of({.max_user_namespaces = "9", .unprivileged_userns_clone = "0"}),
              HasSubstr("kernel.unprivileged_userns_clone is 0"));
  EXPECT_THAT(trouble_of({.max_user_namespaces = "9", .apparmor_restricts = "1"}), HasSubstr("apparmor"));
  EXPECT_THAT(remedy_of({.max_user_namespaces = "9", .apparmor_restricts = "1"}),
              HasSubstr("AppArmor profile"));
  EXPECT_THAT(remedy_of({.max_user_namespaces = "9", .in_container = true}), HasSubstr("container"));
  EXPECT_EQ(trouble_of({.max_user_namespaces = "9", .unprivileged_userns_clone = "1"}), "");
}

TEST(Launchers, HaveNamesThatAreReadBack) {
  for (const Launcher one :
       {Launcher::any, Launcher::own, Launcher::bwrap, Launcher::runsc, Launcher::landlock})
    EXPECT_EQ(launcher_from(name(one)).value(), one);
  EXPECT_FALSE(launcher_from("docker"));
}

}  // namespace
}  // namespace weir::pod
