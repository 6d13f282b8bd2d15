// Where groups may be made, on hosts made of plain files; and what the kernel keeps by them, on this one.
#include "pod/control_group.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "pod/box.h"
#include "support/throwaway_dir.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;
using testing::Not;
using Kind = GroupPlace::Kind;

// Plain files take whatever is written to them.
class GroupPlaceTest : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;

  void SetUp() override {
    host_.mount = throwaway_.path();
    host_.uid = 1000;
  }
  std::string group(const std::string& path, const std::string& controllers, const std::string& given) {
    const std::string at = host_.mount + path;
    EXPECT_TRUE(os::make_dirs(at));
    for (const auto& [name, text] : {std::pair<std::string, std::string>{"cgroup.procs", ""},
                                     {"cgroup.controllers", controllers},
                                     {"cgroup.subtree_control", given}})
      EXPECT_TRUE(os::write_file_atomic(at + "/" + name, text, {}, os::Durability::none));
    return at;
  }
  GroupHost host_;
};

TEST_F(GroupPlaceTest, NoInterfaceNoPlace) {
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
  host_.own = "0::/user.slice/a.scope\n";
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
  host_.own = "4:memory:/x\n8:pids:/x\n";
  host_.uid = 0;
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
  host_.own = "0::/../elsewhere\n";
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
}

TEST_F(GroupPlaceTest, BesideUsWhereControllersAreGiven) {
  host_.own = "0::/a/b\n";
  const auto above = group("/a", "cpu memory pids\n", "memory pids\n");
  group("/a/b", "memory pids\n", "");
  const auto place = find_group_place(host_);
  EXPECT_EQ(place.kind, Kind::v2);
  EXPECT_EQ(place.memory, above);
  EXPECT_EQ(place.processes, above);
}

TEST_F(GroupPlaceTest, OnlyOneOfTheControllersIsNotEnough) {
  host_.own = "0::/a/b\n";
  group("/a", "cpu memory pids\n", "cpu pids\n");
  group("/a/b", "cpu pids\n", "");
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
}

TEST_F(GroupPlaceTest, UnderSystemdOnlyInWhatWasDelegated) {
  host_.own = "0::/user.slice/run-1.scope/weir-rest\n";
  host_.systemd = true;
  group("/user.slice", "memory pids\n", "memory pids\n");
  const auto unit = group("/user.slice/run-1.scope", "memory pids\n", "memory pids\n");
  group("/user.slice/run-1.scope/weir-rest", "memory pids\n", "");
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
  if (::setxattr(unit.c_str(), "user.delegate", "1", 1, 0) != 0) GTEST_SKIP() << "no user attributes here";
  EXPECT_EQ(find_group_place(host_).memory, unit);
  // What is above the unit is systemd's, whoever may write there.
  host_.own = "0::/user.slice/run-1.scope\n";
  EXPECT_EQ(find_group_place(host_).memory, unit);
  ASSERT_EQ(::setxattr((host_.mount + "/user.slice").c_str(), "user.delegate", "1", 1, 0), 0);
  ASSERT_EQ(::setxattr(unit.c_str(), "user.delegate", "0", 1, 0), 0);
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
}

TEST_F(GroupPlaceTest, TheFirstVersionIsForRootWithoutSystemd) {
  host_.own = "9:name=systemd:/\n8:pids:/\n4:memory:/x:y\n2:cpu,cpuacct:/\n0::/\n";
  const auto memory = group("/memory/x:y", "", "");
  const auto pids = group("/pids", "", "");
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
  host_.uid = 0;
  const auto place = find_group_place(host_);
  EXPECT_EQ(place.kind, Kind::v1);
  EXPECT_EQ(place.memory, memory);
  EXPECT_EQ(place.processes, pids);
  host_.systemd = true;
  EXPECT_EQ(find_group_place(host_).kind, Kind::none);
}

TEST_F(GroupPlaceTest, AGroupIsSweptOnceItsMakerHasEnded) {
  const pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  ::waitpid(ended, nullptr, 0);
  const auto mine = std::to_string(::getpid());
  const std::string of_dead = host_.mount + "/weir-pod-" + std::to_string(ended) + "-7-0";
  const std::string of_earlier = host_.mount + "/weir-pod-" + mine + "-1-0";
  const std::string of_none = host_.mount + "/weir-pod-x";
  for (const auto& path : {of_dead, of_earlier, of_none})
    ASSERT_TRUE(os::make_dirs(path));
  std::string living;
  {
    const auto group = ControlGroup::make({Kind::v2, host_.mount, host_.mount});
    ASSERT_TRUE(group.exists());
    for (const auto& name : os::list_dir(host_.mount))
      if (name.starts_with("weir-pod-" + mine)) living = host_.mount + "/" + name;
    const auto second = ControlGroup::make({Kind::v2, host_.mount, host_.mount});
    EXPECT_TRUE(os::exists(living));
    EXPECT_FALSE(os::exists(of_dead));
    EXPECT_FALSE(os::exists(of_earlier));
    EXPECT_TRUE(os::exists(of_none));
  }
  EXPECT_FALSE(os::exists(living));
}

// Groups of this machine. Where there are none the limits are supervised, and other tests hold for them.
class ControlGroupTest : public Box {
 protected:
  void SetUp() override {
    Box::SetUp();
    place_ = find_group_place(this_host());
    if (place_.kind == Kind::none) GTEST_SKIP() << "no control group can be made here";
    if (place_.memory.empty() || place_.processes.empty()) GTEST_SKIP() << "a controller is missing";
  }
  PodSpec python(const std::string& script, const PodLimits& limits) const {
    auto spec = shell("true");
    spec.argv = {"python3", "-c", script};
    spec.limits = limits;
    return spec;
  }
  static PodLimits memory(std::uint64_t mib) {
    PodLimits limits;
    limits.memory_bytes = mib << 20;
    return limits;
  }
  static std::string ended(const PodSpec& spec) {
    const auto done = run(spec);
    EXPECT_TRUE(done) << done.error().message();
    if (!done) return "";
    for (const auto& limit : done->report.limits) {
      EXPECT_EQ(limit.kept, limit.value > 0 ? "enforced" : "off") << limit.name;
    }
    return done->ended_because;
  }
  // Groups of this process or one that has ended.
  std::vector<std::string> left(pid_t maker) const {
    std::vector<std::string> found;
    for (const auto& parent : {place_.memory, place_.processes})
      for (const auto& name : os::list_dir(parent))
        if (name.starts_with("weir-pod-" + std::to_string(maker) + "-")) found.push_back(name);
    return found;
  }
  void TearDown() override {
    if (!IsSkipped()) {
      EXPECT_THAT(left(::getpid()), testing::IsEmpty());
    }
    Box::TearDown();
  }
  GroupPlace place_;
};

TEST_F(ControlGroupTest, AForkBombMeetsTheKernel) {
  PodLimits limits;
  limits.processes = 40;
  const auto done =
      run(python("import os,time,sys\nn=0\ntry:\n  while n<300:\n    if os.fork()==0:\n"
                 "      time.sleep(30); os._exit(0)\n    n+=1\n"
                 "except BlockingIOError: sys.exit(n if n<100 else 100)\nsys.exit(101)\n",
                 limits));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 39);
  EXPECT_EQ(done->ended_because, "");
}

TEST_F(ControlGroupTest, MemoryInManySmallProcesses) {
  EXPECT_THAT(ended(python("import os,time\nfor i in range(200):\n  if os.fork()==0:\n"
                           "    kept=bytearray(b'x')*(2<<20); time.sleep(60); os._exit(0)\ntime.sleep(60)",
                           memory(128))),
              HasSubstr("memory: the limit is 128 MiB"));
}

TEST_F(ControlGroupTest, FilesInMemoryCount) {
  auto spec = python(
      "import time\nwith open('/tmp/big','wb') as f:\n  for i in range(300): f.write(bytes(1<<20))\n"
      "time.sleep(60)",
      memory(128));
  for (auto& mount : spec.mounts)
    if (mount.at == "/tmp") mount.bytes_max = 400 << 20;
  EXPECT_THAT(ended(spec), HasSubstr("memory: "));
}

TEST_F(ControlGroupTest, MemoryFilesThatNobodyMappedCount) {
  EXPECT_THAT(ended(python("import os,time\nf=os.memfd_create('m')\n"
                           "for i in range(300): os.write(f, bytes(1<<20))\ntime.sleep(60)",
                           memory(128))),
              HasSubstr("memory: "));
}

// A program that outlives the end of its child by want of memory is ended, too, and the reason told.
TEST_F(ControlGroupTest, AChildThatTheKernelEndedEndsThePod) {
  EXPECT_THAT(
      ended(python("import subprocess,time\n"
                   "subprocess.run(['python3','-c','kept=bytearray(b\"x\")*(300<<20)'])\ntime.sleep(60)",
                   memory(128))),
      HasSubstr("memory: "));
}

TEST_F(ControlGroupTest, WithinItsLimitNothingHappens) {
  EXPECT_EQ(ended(python("kept=bytearray(b'x')*(40<<20)", memory(128))), "");
}

// What is shared counts once: four processes with the same 60 MiB.
TEST_F(ControlGroupTest, SharedMemoryCountsOnce) {
  EXPECT_EQ(ended(python("import mmap,os,time\nm=mmap.mmap(-1, 60<<20)\n"
                         "for i in range(4):\n  if os.fork()==0:\n"
                         "    for at in range(0, 60<<20, 4096): m[at]=1\n    time.sleep(0.5); os._exit(0)\n"
                         "for i in range(4): os.wait()",
                         memory(128))),
            "");
}

TEST_F(ControlGroupTest, InsideItsNameIsNotSeen) {
  EXPECT_EQ(code(shell("cat /proc/self/cgroup /proc/1/cgroup > seen")), 0);
  EXPECT_THAT(wrote("seen"), HasSubstr(":/\n"));
  EXPECT_THAT(wrote("seen"), Not(HasSubstr("weir-pod")));
}

TEST_F(ControlGroupTest, AfterAKilledSupervisorTheNextPodTidiesUp) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    (void)run(shell("echo > started; sleep 60"));
    ::_exit(0);
  }
  for (int i = 0; i < 1000 && !os::exists(upper() + "/started"); ++i)
    ::usleep(10'000);
  EXPECT_FALSE(left(pid).empty());
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  // The kernel ends the pod by itself; how soon is no matter here.
  for (int i = 0; i < 1000 && !left(pid).empty(); ++i) {
    ::usleep(10'000);
    EXPECT_EQ(code(shell("true")), 0);
  }
  EXPECT_THAT(left(pid), testing::IsEmpty());
}

}  // namespace
}  // namespace weir::pod
