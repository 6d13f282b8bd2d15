// A throw-away workspace with a pod store beside it, and a real overlay over it for a while: what a script
// does to the workspace inside namespaces of its own lands in the pod's upper layer, as it would for an
// agent.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <string>

#include "changes/commit.h"
#include "changes/overlay_changes.h"
#include "changes/review.h"
#include "content.h"
#include "os/files.h"
#include "os/process.h"
#include "support/throwaway_dir.h"

namespace weir::changes::testing {

class OverlayPodTest : public ::testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();

  void SetUp() override {
    workspace_ = dir_ + "/w";
    ASSERT_EQ(::mkdir(workspace_.c_str(), 0755), 0);
  }

  void write(const std::string& path, const std::string& text, mode_t mode = 0644) const {
    const std::string whole = path.starts_with('/') ? path : workspace_ + "/" + path;
    ASSERT_TRUE(os::make_dirs(whole.substr(0, whole.rfind('/')), 0755));
    std::ofstream(whole, std::ios::binary) << text;
    ASSERT_EQ(::chmod(whole.c_str(), mode), 0);
  }
  std::string read(const std::string& path) const {
    const auto text = os::read_file(path.starts_with('/') ? path : workspace_ + "/" + path, 64 << 20);
    return text ? *text : "(" + text.error().what + ")";
  }
  mode_t mode(const std::string& path) const {
    struct stat raw;
    return ::lstat((workspace_ + "/" + path).c_str(), &raw) == 0 ? raw.st_mode & 07777 : 0;
  }
  bool exists(const std::string& path) const { return os::exists(workspace_ + "/" + path); }

  // A new pod of the workspace; what the host changes from now on is later by its file system's clock.
  Pod begin() const {
    auto pod = store().create(workspace_, "test");
    EXPECT_TRUE(pod) << pod.error().message();
    ::usleep(20'000);
    return *pod;
  }
  PodStore store() const { return PodStore(dir_ + "/state/pods"); }

  // Runs a script with the workspace as an overlay in its own user and mount namespaces. False: no overlay
  // here.
  bool in_pod(const Pod& pod, const std::string& script) const {
    const std::string mount = "mount -t overlay overlay -o userxattr,lowerdir=" + workspace_ +
                              ",upperdir=" + pod.upper + ",workdir=" + pod.work + " " + workspace_ +
                              " || exit 77\ncd " + workspace_ + " || exit 78\nset -e\n";
    const auto ran =
        os::run_child({.argv = {"unshare", "-Urm", "bash", "-s"}, .cwd = "", .input = mount + script});
    if (ran && ran->exit.code == 77) return false;
    EXPECT_TRUE(ran && ran->exit.code == 0) << (ran ? ran->err : ran.error().message());
    return true;
  }

  OpenPod open(const Pod& pod) const {
    auto opened = OpenPod::open(store(), pod);
    EXPECT_TRUE(opened) << opened.error().message();
    return *std::move(opened);
  }
  std::vector<Change> changes(const Pod& pod) const {
    const OpenPod opened = open(pod);
    auto list = overlay_changes(opened.host.get(), opened.upper.get());
    EXPECT_TRUE(list) << list.error().message();
    return *std::move(list);
  }
  // "M a.txt\nA new/\n" with a "!" before what cannot be committed.
  std::string listed(const Pod& pod) const {
    std::string out;
    for (const auto& one : changes(pod)) {
      const bool directory =
          (one.kind == ChangeKind::deleted ? one.host : one.pod).node.kind == NodeKind::directory;
      out += std::string(one.problem.empty() ? "" : "!") + letter(one.kind) + " " + one.path +
             (directory ? "/" : "") + "\n";
    }
    return out;
  }

  static const HeldCatalogue& catalogue() {
    static const HeldCatalogue shipped = [] {
      for (const auto& file : content_files())
        if (file.name == "held/catalogue.yaml") {
          auto read = HeldCatalogue::parse(file.bytes, file.name);
          EXPECT_TRUE(read) << read.error().message();
          if (read) return *std::move(read);
        }
      ADD_FAILURE() << "content/held/catalogue.yaml is missing";
      return HeldCatalogue();
    }();
    return shipped;
  }
  Review review(const Pod& pod) const {
    const OpenPod opened = open(pod);
    auto made = make_review(opened, catalogue());
    EXPECT_TRUE(made) << made.error().message();
    return *std::move(made);
  }
  CommitReport committed(const Pod& pod, const CommitRequest& request = {}) const {
    auto report = commit(store(), pod, catalogue(), request);
    EXPECT_TRUE(report) << report.error().message();
    return *std::move(report);
  }
  // "done a.txt\nheld Makefile\n"
  static std::string results(const CommitReport& report) {
    std::string out;
    for (const auto& one : report.paths)
      out += std::string(name(one.result)) + " " + one.path + "\n";
    return out;
  }

  std::string workspace_;
};

}  // namespace weir::changes::testing
