// A workspace, an upper directory and a request for pods in tests, all below one directory of /tmp.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "content.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/pod_launch.h"
#include "pod/profile.h"
#include "support/namespaces.h"
#include "support/throwaway_dir.h"

namespace weir::pod {

class Box : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string top_ = throwaway_.path();

  void SetUp() override {
    for (const char* dir : {"/workspace", "/upper", "/work", "/outside"})
      ASSERT_TRUE(os::make_dirs(top_ + dir));
    if (const auto why = support::no_user_namespaces(); !why.empty()) GTEST_SKIP() << why;
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
  // "" when nobody whose command line holds `word` outlives the supervisor of this pod, which is killed once
  // its program has made "up". For launchers that show the workspace by a copy.
  std::string left_of_killed(const PodSpec& spec, const std::string& word) const {
    const pid_t supervisor = support::in_child([&] { return run(spec) ? 0 : 125; });
    const bool up = support::until([&] { return os::exists(top() + "/work/workspace/up"); });
    ::kill(supervisor, SIGKILL);
    (void)support::exit_code(supervisor);
    if (!up) return "it never began";
    const bool gone = support::until([&] { return support::processes_with(word).empty(); });
    return gone ? "" : "left: " + std::to_string(support::processes_with(word).size());
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
