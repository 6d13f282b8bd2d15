// A workspace, an upper directory and a request for pods in tests, all below one directory of /tmp.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "content.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/pod_launch.h"
#include "pod/profile.h"
#include "support/throwaway_dir.h"

namespace weir::pod {

class Box : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();

  void SetUp() override {
    for (const char* dir : {"/workspace", "/upper", "/work", "/outside"})
      ASSERT_TRUE(os::make_dirs(top_ + dir));
    const auto tried = os::run_child({.argv = {"unshare", "-Urmpfn", "true"}});
    if (!tried || tried->exit.code != 0) GTEST_SKIP() << "this machine has no unprivileged user namespaces";
  }
  void TearDown() override { renew_work(top_ + "/work"); }

  const std::string& top() const { return top_; }
  std::string workspace() const { return top_ + "/workspace"; }
  std::string upper() const { return top_ + "/upper"; }

  static PodProfile generic() {
    for (const auto& file : content_files())
      if (file.name == "pods/generic.yaml") return parse_profile(file.bytes, file.name).value();
    return {};
  }
  PodRequest request(std::vector<std::string> argv) const {
    PodRequest request;
    request.argv = std::move(argv);
    request.workspace = workspace();
    request.upper = upper();
    request.work = top_ + "/work";
    request.home = "/home/tester";
    request.user = "tester";
    request.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"SOME_TOKEN", "secret"}};
    return request;
  }
  // A pod that runs `script` by the shell.
  PodSpec shell(const std::string& script) const {
    auto spec = pod_spec(generic(), request({"sh", "-c", script}));
    EXPECT_TRUE(spec) << spec.error().message();
    return spec.value_or(PodSpec());
  }
  // overlayfs takes a work directory once, and leaves one in it without permissions.
  static void renew_work(const std::string& work) {
    ::chmod((work + "/work").c_str(), 0700);
    std::error_code ignored;
    std::filesystem::remove_all(work + "/work", ignored);
  }
  static Result<PodResult> run(const PodSpec& spec) {
    for (const auto& mount : spec.mounts)
      if (mount.kind == PodMount::Kind::overlay) renew_work(mount.work);
    TRY(const PodPlan plan, plan_pod(spec));
    return launch_pod(plan, {});
  }
  // The exit code, with a failure of the test when the pod could not be.
  static int code(const PodSpec& spec) {
    const auto done = run(spec);
    EXPECT_TRUE(done) << done.error().message();
    return done ? done->exit.code : -1;
  }
  // What the pod wrote into this file of the workspace.
  std::string wrote(const std::string& name) const {
    return os::read_file(upper() + "/" + name, 1 << 20).value_or("(nothing)");
  }
  void write(const std::string& path, std::string_view text) const {
    ASSERT_TRUE(os::write_file_atomic(path, text, {}, os::Durability::none));
  }
};

}  // namespace weir::pod
