// Every limit of a pod reached on purpose, with amounts that hurt nobody should it not hold.
#include "pod/pod_limits.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <pty.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "os/clock.h"
#include "pod/box.h"
#include "support/processes.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;

class PodLimitsTest : public Box {
 protected:
  PodSpec python(const std::string& script, const PodLimits& limits) const {
    auto spec = shell("true");
    spec.argv = {"python3", "-c", script};
    spec.limits = limits;
    return spec;
  }
  // Of a pod without a control group: what the limits are where none can be had. In a process of its own,
  // whose view of the machine has no groups.
  static std::string ended(const PodSpec& spec) {
    return support::said_by_child([&] {
      hide_groups();
      const auto done = run(spec);
      return done ? done->ended_because : done.error().message();
    });
  }
  static void hide_groups() {
    if (::geteuid() != 0 || !os::exists("/sys/fs/cgroup")) return;
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/sys/fs/cgroup", "tmpfs", 0, nullptr) != 0)
      ::_exit(1);
  }
};

// Forks up to 300 children that wait; the exit code says how many there were.
constexpr const char* kForks =
    "import os,time,sys\nn=0\ntry:\n  while n<300:\n    if os.fork()==0:\n      time.sleep(30); os._exit(0)\n"
    "    n+=1\nexcept BlockingIOError: sys.exit(n if n<100 else 100)\ntime.sleep(5)\nsys.exit(101)\n";

TEST_F(PodLimitsTest, ProcessesOfAnOrdinaryUserAreCountedByTheKernel) {
  PodLimits limits;
  limits.processes = 40;
  if (::geteuid() != 0) {
    EXPECT_EQ(code(python(kForks, limits)), 39);
    return;
  }
  for (const auto& path : {top(), workspace(), upper(), top() + "/work"})
    ASSERT_EQ(::chown(path.c_str(), support::kSomebody, support::kSomebody), 0);
  const pid_t pid =
      support::in_child([&] { return support::become_somebody() ? code(python(kForks, limits)) : 90; });
  EXPECT_EQ(support::exit_code(pid), 39);
}

TEST_F(PodLimitsTest, ProcessesOfRootAreCountedBySight) {
  if (::geteuid() != 0) GTEST_SKIP() << "for root only";
  PodLimits limits;
  limits.processes = 40;
  EXPECT_THAT(ended(python(kForks, limits)), HasSubstr("processes: "));
}

TEST_F(PodLimitsTest, MemoryOfOneProcess) {
  PodLimits limits;
  limits.memory_bytes = 128ULL << 20;
  EXPECT_THAT(ended(python("import time\nb=bytearray(b'x')*(300<<20)\ntime.sleep(20)", limits)),
              HasSubstr("memory: "));
}

// What is reserved and never touched is no memory: sanitizers and garbage collectors reserve terabytes.
TEST_F(PodLimitsTest, ReservedMemoryDoesNotCount) {
  PodLimits limits;
  limits.memory_bytes = 128ULL << 20;
  EXPECT_EQ(code(python("import mmap,time\nm=mmap.mmap(-1, 1<<40, flags=0x4022)\ntime.sleep(0.4)", limits)),
            0);
}

TEST_F(PodLimitsTest, APodGoesFirstWhenTheMachineRunsOutOfMemory) {
  EXPECT_EQ(code(python("import sys\nsys.exit(int(open('/proc/self/oom_score_adj').read()) < 500)", {})), 0);
}

TEST_F(PodLimitsTest, MemoryOfAllTogether) {
  PodLimits limits;
  limits.memory_bytes = 128ULL << 20;
  const std::string script =
      "import os,time\nfor i in range(4):\n  if os.fork()==0:\n    b=bytearray(b'x')*(60<<20); "
      "time.sleep(20); "
      "os._exit(0)\ntime.sleep(20)";
  EXPECT_THAT(ended(python(script, limits)), HasSubstr("memory: "));
}

// Its descriptors are what the first process looks with.
TEST_F(PodLimitsTest, NobodyTakesItsEyesFromTheFirstProcess) {
  PodLimits limits;
  limits.memory_bytes = 100 << 20;
  EXPECT_THAT(ended(python("import resource,time\ntry: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0))\n"
                           "except PermissionError: pass\nkept = bytearray(300 << 20)\ntime.sleep(20)",
                           limits)),
              HasSubstr("memory: "));
}

TEST_F(PodLimitsTest, ProcessorTimeOfAllTogether) {
  PodLimits limits;
  limits.cpu_ms = 400;
  EXPECT_THAT(ended(python("import os\nos.fork()\nwhile True: pass", limits)), HasSubstr("processor time: "));
}

TEST_F(PodLimitsTest, Time) {
  PodLimits limits;
  limits.wall_ms = 300;
  const auto before_ns = os::monotonic_ns();
  EXPECT_THAT(ended(python("import signal,time\nfor s in (1,2,3,15): signal.signal(s, signal.SIG_IGN)\n"
                           "import os\nfor i in range(5): os.fork()\ntime.sleep(60)",
                           limits)),
              HasSubstr("time: "));
  EXPECT_LT(os::monotonic_ns() - before_ns, 10'000'000'000);
}

// On a terminal the supervisor stops when the program does, so that fg works; the limits go on.
TEST_F(PodLimitsTest, TimeAlsoForAProgramThatStoppedItsSupervisor) {
  // A number of this test's own: another run of it on this machine is none of its business.
  const std::string seconds = "98764" + std::to_string(::getpid());
  auto spec = shell("setsid sleep " + seconds + " & sleep 0.3; kill -STOP $$; exit 0");
  spec.limits.wall_ms = 2000;
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) {
    const auto done = run(spec);
    ::_exit(done && done->ended_because.contains("time: ") ? 9 : 8);
  }
  const os::Fd held(terminal);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
  ASSERT_TRUE(WIFSTOPPED(status)) << status;
  // Whatever the program had started stands still, too.
  const auto sleeper = [&] {
    for (const auto& name : os::list_dir("/proc")) {
      const auto line = os::read_file("/proc/" + name + "/cmdline", 1 << 16);
      if (line && line->contains(std::string("sleep\0", 6) + seconds))
        return os::read_file("/proc/" + name + "/stat", 4096).value_or("");
    }
    return std::string();
  };
  // The signal is on its way; a busy machine takes a while to deliver it.
  for (int i = 0; i < 100 && !sleeper().contains(") T "); ++i)
    ::usleep(10'000);
  EXPECT_THAT(sleeper(), HasSubstr(") T "));
  for (int i = 0; i < 1000 && !sleeper().empty(); ++i)
    ::usleep(10'000);
  EXPECT_EQ(sleeper(), "");
  ::kill(pid, SIGCONT);
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WEXITSTATUS(status), 9);
}

TEST_F(PodLimitsTest, WhatATerminalStoppedGoesOnWhole) {
  const auto spec = shell("(sleep 1; exit 5) & child=$!; kill -STOP $$; wait $child");
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) ::_exit(code(spec));
  const os::Fd held(terminal);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
  ASSERT_TRUE(WIFSTOPPED(status)) << status;
  ::kill(pid, SIGCONT);
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST_F(PodLimitsTest, DescriptorsOfOneProcess) {
  PodLimits limits;
  limits.open_files = 64;
  const std::string script =
      "import sys\nk=[]\ntry:\n  while len(k)<1000: k.append(open('/dev/null'))\nexcept OSError: sys.exit(7)";
  EXPECT_EQ(code(python(script, limits)), 7);
}

TEST_F(PodLimitsTest, OneFile) {
  PodLimits limits;
  limits.file_bytes = 1 << 20;
  const std::string script =
      "import signal,sys\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
      "try:\n  with open('big','wb') as f: f.write(bytes(8<<20))\nexcept OSError: sys.exit(7)";
  EXPECT_EQ(code(python(script, limits)), 7);
}

TEST_F(PodLimitsTest, DiskOfTheWorkspace) {
  PodLimits limits;
  limits.disk_bytes = 4 << 20;
  const std::string script =
      "import time\nfor i in range(20):\n  with open('f%d'%i,'wb') as f: "
      "f.write(bytes(1<<20))\ntime.sleep(20)";
  EXPECT_THAT(ended(python(script, limits)), HasSubstr("disk: "));
}

TEST_F(PodLimitsTest, DiskThatIsNestedTooDeepToBeCountedEndsIt) {
  PodLimits limits;
  limits.disk_bytes = 64 << 20;
  EXPECT_THAT(
      ended(python("import os,time\nfor i in range(1500):\n  os.mkdir('d'); os.chdir('d')\ntime.sleep(20)",
                   limits)),
      HasSubstr("disk: it cannot be counted"));
}

TEST_F(PodLimitsTest, DiskIsCountedBelowLongPathsAndClosedDirectories) {
  std::string path = top() + "/tree";
  ASSERT_TRUE(os::make_dirs(path));
  os::Fd at(::open(path.c_str(), O_RDONLY | O_DIRECTORY));
  const std::string name(200, 'd');
  for (int i = 0; i < 50; ++i) {  // 10,000 bytes: beyond PATH_MAX
    ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0700), 0);
    at = os::Fd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY));
  }
  const os::Fd file(::openat(at.get(), "f", O_CREAT | O_WRONLY, 0600));
  const std::string bytes(2 << 20, 'x');
  ASSERT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::fsync(file.get());
  EXPECT_GE(disk_usage({path}).value_or(0), 2u << 20);
  EXPECT_FALSE(disk_usage({path}, 50));  // 51 entries
  EXPECT_TRUE(disk_usage({path}, 51));
  EXPECT_EQ(disk_usage({top() + "/none-such"}), 0u);
}

TEST_F(PodLimitsTest, SharedMemoryCounts) {
  PodLimits limits;
  limits.memory_bytes = 100ULL << 20;
  EXPECT_THAT(ended(python("import mmap,time\nm=mmap.mmap(-1, 300<<20)\n"
                           "for i in range(0, 300<<20, 4096): m[i]=1\ntime.sleep(20)",
                           limits)),
              HasSubstr("memory: "));
}

TEST_F(PodLimitsTest, DiskOfATmpfs) {
  auto spec = python(
      "import sys\ntry:\n  with open('/tmp/big','wb') as f: f.write(bytes(64<<20))\nexcept OSError as e: "
      "sys.exit(e.errno)",
      {});
  for (auto& mount : spec.mounts)
    if (mount.at == "/tmp") mount.bytes_max = 16 << 20;
  EXPECT_EQ(code(spec), ENOSPC);
}

TEST_F(PodLimitsTest, NoCoreDumpAlsoNotThroughAPipe) {
  EXPECT_EQ(
      code(python("import resource,sys\nsys.exit(0 if resource.getrlimit(resource.RLIMIT_CORE)[1]<=1 else 1)",
                  {})),
      0);
}

TEST(PodLimitStates, SayWhoKeepsThem) {
  PodLimits limits;
  limits.processes = 10;
  limits.memory_bytes = 1 << 30;
  const auto kept = [&](std::string_view name, uid_t uid, const GroupKept& group = {}) -> std::string {
    for (const auto& state : limit_states(limits, uid, group))
      if (state.name == name) return state.kept;
    return "(not said)";
  };
  EXPECT_EQ(kept("processes", 1000), "enforced");
  EXPECT_EQ(kept("processes", 0), "supervised");
  EXPECT_EQ(kept("memory", 1000), "supervised");
  EXPECT_EQ(kept("cpu", 1000), "off");
  EXPECT_EQ(kept("processes", 0, {"cgroup v1", false, true}), "enforced");
  EXPECT_EQ(kept("memory", 0, {"cgroup v1", false, true}), "supervised");
  EXPECT_EQ(kept("memory", 1000, {"cgroup v2", true, true}), "enforced");
}

TEST(PodLimitStates, Exceeded) {
  PodLimits limits;
  limits.memory_bytes = 512ULL << 20;
  limits.processes = 5;
  EXPECT_FALSE(exceeded(limits, {512ULL << 20, 5, 1'000'000, 1ULL << 40}));
  EXPECT_EQ(exceeded(limits, {600ULL << 20, 1, 0, 0}).value_or(""), "memory: 600 MiB, the limit is 512 MiB");
  EXPECT_THAT(exceeded(limits, {0, 6, 0, 0}).value_or(""), HasSubstr("processes: 6"));
}

}  // namespace
}  // namespace weir::pod
