// Pods in gVisor: the bundle, a stand-in for runsc that fails, and the real one where it is installed.
#include "pod/runsc_bundle.h"

#include <gmock/gmock.h>
#include <signal.h>

#include "pod/box.h"
#include "pod/bwrap_place.h"
#include "support/namespaces.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;

PodPlan a_plan() {
  PodPlan plan;
  plan.uid = 1000;
  plan.gid = 1001;
  plan.spec.hostname = "box";
  plan.spec.links = {{"/bin", "usr/bin"}};
  plan.spec.files = {{"/etc/passwd", "me:x\n"}};
  plan.mounts = {{.kind = PodMount::Kind::read_only, .at = "/usr", .source = "/usr"},
                 {.kind = PodMount::Kind::tmpfs, .at = "/tmp", .bytes_max = 4096},
                 {.kind = PodMount::Kind::own, .at = "/tmp/w", .source = "/state/work/workspace"}};
  return plan;
}

// What the Runtime Specification demands (config.md; schema/config-schema.json: "required").
TEST(RunscBundle, TheConfigurationIsWhatTheSpecificationDemands) {
  const Json config = runsc_config(a_plan(), "/opt/weir", "/b/channel", {"--internal", "runsc"});
  EXPECT_EQ(config["ociVersion"].text_or(""), "1.0.2");
  EXPECT_EQ(config["root"]["path"].text_or(""), "rootfs");
  EXPECT_TRUE(config["root"]["readonly"].bool_or(false));
  EXPECT_EQ(config["hostname"].text_or(""), "box");
  const Json& process = config["process"];
  EXPECT_EQ(process["cwd"].text_or(""), "/");
  EXPECT_EQ(compact(process["args"]), R"(["/run/weir-pod-inside","--internal","runsc"])");
  EXPECT_EQ(compact(process["user"]), R"({"uid":0,"gid":0})");
  EXPECT_TRUE(process["noNewPrivileges"].bool_or(false));
  for (const char* set : {"bounding", "effective", "inheritable", "permitted"})
    EXPECT_EQ(compact(process["capabilities"][set]), "[]") << set;
  for (const auto& mount : config["mounts"].as_array())
    EXPECT_TRUE(mount["destination"].text_or("").starts_with("/"));
  const std::string mounts = compact(config["mounts"]);
  EXPECT_THAT(
      mounts,
      HasSubstr(
          R"({"destination":"/usr","type":"bind","source":"/usr","options":["rbind","nosuid","nodev","ro"]})"));
  EXPECT_THAT(
      mounts,
      HasSubstr(
          R"("destination":"/tmp/w","type":"bind","source":"/state/work/workspace","options":["rbind","nosuid","nodev","rw"])"));
  EXPECT_THAT(mounts, HasSubstr(R"("size=4096")"));
  for (const char* kind : {"pid", "network", "ipc", "uts", "mount"})
    EXPECT_THAT(compact(config["linux"]["namespaces"]),
                HasSubstr(std::string("{\"type\":\"") + kind + "\"}"));
}

class RunscLaunch : public Box {
 protected:
  PodSpec by_runsc(const std::string& script) const {
    PodSpec spec = shell(script);
    spec.launcher = Launcher::runsc;
    spec.level = Level::L2;
    return spec;
  }
  static std::string no_runsc() {
    const auto found = find_runsc();
    const auto program = inside_program();
    return !found ? found.error().message() : !program ? program.error().message() : "";
  }
};

TEST_F(RunscLaunch, TheBundleHasAPlaceForEverything) {
  const std::string bundle = top() + "/outside";
  ASSERT_TRUE(make_runsc_bundle(a_plan(), bundle, "/opt/weir", {"a"}));
  EXPECT_EQ(os::read_file(bundle + "/rootfs/etc/passwd", 100).value_or(""), "me:x\n");
  EXPECT_EQ(os::file_info(bundle + "/rootfs/bin")->kind, os::FileInfo::Kind::link);
  for (const char* place : {"/rootfs/usr", "/rootfs/tmp", "/rootfs/proc", "/rootfs/run/weir-pod", "/channel"})
    EXPECT_EQ(os::file_info(bundle + place)->kind, os::FileInfo::Kind::dir) << place;
  EXPECT_FALSE(os::exists(bundle + "/rootfs/tmp/w")) << "another mount holds it";
  EXPECT_TRUE(parse_json(os::read_file(bundle + "/config.json", 1 << 20).value_or("")));
}

// A stand-in that fails as the real one does where it cannot run.
TEST_F(RunscLaunch, ARuntimeThatFailsIsOneClearLineAndLeavesNothing) {
  write(top() + "/outside/runsc", "#!/bin/sh\nexit 128\n");
  ASSERT_EQ(::chmod((top() + "/outside/runsc").c_str(), 0755), 0);
  if (!inside_program()) GTEST_SKIP() << "weir is not built";
  const std::string said = support::in_own_namespaces([&]() -> std::string {
    ::setenv("PATH", (top() + "/outside:/usr/bin:/bin").c_str(), 1);
    const auto done = run(by_runsc("true"));
    if (done || !os::list_dir(top() + "/work").empty()) return "it ran, or something is left";
    return done.error().message();
  });
  EXPECT_THAT(said, HasSubstr("runsc could not make the pod"));
}

TEST_F(RunscLaunch, WhatItCannotDoIsAnError) {
  if (const auto why = no_runsc(); !why.empty()) GTEST_SKIP() << why;
  auto spec = by_runsc("true");
  spec.level = Level::L3;
  EXPECT_THAT(run(spec).error().message(), HasSubstr("reaches level L2, L3 was asked for"));
  spec.published = {3000};
  EXPECT_THAT(run(spec).error().message(), HasSubstr("the launcher runsc cannot do this"));
}

TEST_F(RunscLaunch, InGvisorTheFirstWallsHold) {
  if (const auto why = no_runsc(); !why.empty()) GTEST_SKIP() << why;
  write(workspace() + "/removed", "still here");
  const auto done =
      run(by_runsc("rm removed; echo new > made; pwd > where; head -c 13 /proc/version >> where; exit 7"));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->exit.code, 7);
  EXPECT_EQ(done->report.level(), Level::L2);
  EXPECT_EQ(wrote("where"), workspace() + "\nLinux version");
  EXPECT_EQ(wrote("made"), "new\n");
  EXPECT_TRUE(os::exists(workspace() + "/removed"));
  EXPECT_TRUE(os::list_dir(top() + "/work").empty());
}

TEST_F(RunscLaunch, ItEndsWithTheCommandAndAtItsLimits) {
  if (const auto why = no_runsc(); !why.empty()) GTEST_SKIP() << why;
  auto spec = by_runsc("sleep 60 & sleep 60");
  spec.limits.wall_ms = 500;
  const auto timed = run(spec);
  ASSERT_TRUE(timed) << timed.error().message();
  EXPECT_THAT(timed->ended_because, HasSubstr("time"));
  for (const auto& name : os::list_dir("/proc"))
    EXPECT_FALSE(os::read_file("/proc/" + name + "/cmdline", 4096).value_or("").contains(top())) << name;
}

}  // namespace
}  // namespace weir::pod
