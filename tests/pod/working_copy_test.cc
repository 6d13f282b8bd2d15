// A copied workspace leaves what an overlay would have left: the same scripts in both, and the same review.
#include "pod/working_copy.h"

#include <gmock/gmock.h>
#include <sys/xattr.h>

#include "changes/beneath.h"
#include "changes/overlay_pod.h"

namespace weir::pod {
namespace {

using ::testing::HasSubstr;

class WorkingCopyTest : public changes::testing::OverlayPodTest {
 protected:
  static PodMount overlay_of(const changes::Pod& pod) {
    return {.kind = PodMount::Kind::overlay,
            .at = pod.workspace,
            .source = pod.workspace,
            .upper = pod.upper,
            .work = pod.work};
  }
  // The script works in a copy, as a pod's program would.
  static void in_copy(const changes::Pod& pod, const std::string& script) {
    auto copy = WorkingCopy::make(overlay_of(pod));
    ASSERT_TRUE(copy) << copy.error().message();
    const auto ran =
        os::run_child({.argv = {"bash", "-s"}, .cwd = (*copy)->workspace(), .input = "set -e\n" + script});
    ASSERT_TRUE(ran && ran->exit.code == 0) << (ran ? ran->err : ran.error().message());
    const Status taken = (*copy)->take_changes();
    ASSERT_TRUE(taken) << taken.error().message();
  }
  // "M a.txt file:644:ab12…" for each change, as the record of a review has it.
  std::string states(const changes::Pod& pod) const {
    std::string out;
    for (const auto& one : this->changes(pod))
      out += std::string(one.problem.empty() ? "" : "!") + changes::letter(one.kind) + " " + one.path + " " +
             changes::state_text(one.host) + " -> " + changes::state_text(one.pod) +
             (one.began_with_host ? " from the host" : "") + "\n";
    return out;
  }
  void fill() const {
    write("a.txt", "one\n");
    write("run.sh", "echo\n", 0755);
    write("closed.txt", "mine\n", 0444);
    write("src/deep/x.c", "int x;\n");
    write("src/deep/y.c", "int y;\n");
    write("src/z.c", "int z;\n");
    write("out/1", "1");
    write("out/sub/2", "2");
    ASSERT_EQ(::symlink("a.txt", (workspace_ + "/link").c_str()), 0);
  }
  void expect_the_same(const std::string& script) const {
    const changes::Pod real = begin();
    if (!in_pod(real, script)) GTEST_SKIP() << "no overlay here";
    const changes::Pod copied = begin();
    in_copy(copied, script);
    EXPECT_EQ(states(copied), states(real)) << script;
    EXPECT_TRUE(os::list_dir(copied.work).empty()) << "something is left of the copy";
  }
};

TEST_F(WorkingCopyTest, TheSameReviewAsOfAnOverlay) {
  fill();
  for (const char* script : {
           "true",
           "echo two >> a.txt; echo new > b.txt; rm src/z.c",
           "chmod 600 a.txt; chmod +x src/deep/x.c; touch src/deep/y.c; chmod 700 src",
           "rm -r src; mkdir src; echo other > src/z.c; echo more > src/new.c",
           "mv a.txt moved.txt; mv src/deep src/deeper; ln closed.txt second",
           "rm link; ln -s run.sh link; rm run.sh; mkdir run.sh; echo in > run.sh/file",
           "rm -r out; echo a file > out",
           "mkdir -p n/e/w; echo 1 > n/e/w/f; chmod 500 n/e; chmod 555 src/deep",
           "printf 1 > \"$(printf 'b\\377d\\nname')\"; mkfifo pipe; truncate -s 30M sparse",
           "echo x > a.txt.tmp; mv a.txt.tmp a.txt; rm -f closed.txt; echo y > closed.txt; rm closed.txt",
           "rm -r src/deep; mkdir src/deep; rmdir src/deep; cp -r out out2; echo t > out/sub/t; rm out/sub/t",
       })
    expect_the_same(script);
}

TEST_F(WorkingCopyTest, WhatIsCommittedIsOnTheHost) {
  fill();
  const changes::Pod pod = begin();
  in_copy(pod, "echo two >> a.txt; rm -r out; mkdir made; echo new > made/b");
  EXPECT_EQ(read("a.txt"), "one\n");
  const auto report = committed(pod);
  EXPECT_THAT(results(report), HasSubstr("done made/b\n"));
  EXPECT_EQ(read("a.txt"), "one\ntwo\n");
  EXPECT_EQ(read("made/b"), "new\n");
  EXPECT_FALSE(exists("out"));
}

// A program in a copy can write what overlayfs alone may write in an overlay.
TEST_F(WorkingCopyTest, MarksOfTheProgramAreNotBelieved) {
  fill();
  const changes::Pod pod = begin();
  auto copy = WorkingCopy::make(overlay_of(pod));
  ASSERT_TRUE(copy) << copy.error().message();
  const std::string at = (*copy)->workspace();
  write(at + "/a.txt", "");
  write(at + "/fresh", "");
  for (const char* name : {"/a.txt", "/fresh"})
    ASSERT_EQ(::setxattr((at + name).c_str(), "user.overlay.whiteout", "y", 1, 0), 0);
  ASSERT_EQ(::setxattr((at + "/src").c_str(), "user.overlay.opaque", "y", 1, 0), 0);
  ASSERT_EQ(::setxattr((at + "/out/1").c_str(), "user.overlay.metacopy", "", 0, 0), 0);
  ASSERT_EQ(::mknod((at + "/node").c_str(), S_IFCHR | 0600, 0), 0);
  ASSERT_TRUE((*copy)->take_changes());
  EXPECT_EQ(listed(pod), "M a.txt\nA fresh\n");
}

TEST_F(WorkingCopyTest, WhatCouldNotBeReadIsLeftOutAndNotDeleted) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  fill();
  write("secret", "closed", 0);
  const changes::Pod pod = begin();
  auto copy = WorkingCopy::make(overlay_of(pod));
  ASSERT_TRUE(copy) << copy.error().message();
  EXPECT_EQ((*copy)->left_out(), std::vector<std::string>{"secret"});
  ASSERT_TRUE((*copy)->take_changes());
  EXPECT_EQ(listed(pod), "");
}

TEST_F(WorkingCopyTest, WhatTheHostChangesMeanwhileIsAConflict) {
  fill();
  const changes::Pod pod = begin();
  auto copy = WorkingCopy::make(overlay_of(pod));
  ASSERT_TRUE(copy) << copy.error().message();
  write((*copy)->workspace() + "/a.txt", "of the pod");
  write("a.txt", "of the host");
  ASSERT_TRUE((*copy)->take_changes());
  EXPECT_EQ(results(committed(pod)), "conflict a.txt\n");
  EXPECT_EQ(read("a.txt"), "of the host");
}

TEST_F(WorkingCopyTest, OneThatBeginsWithChangesIsRefused) {
  fill();
  const changes::Pod pod = begin();
  write(pod.upper + "/already", "there");
  const auto copy = WorkingCopy::make(overlay_of(pod));
  ASSERT_FALSE(copy);
  EXPECT_THAT(copy.error().message(), HasSubstr("--from"));
}

// Far deeper than a path is long: it stays a problem of that change, as in an overlay.
TEST_F(WorkingCopyTest, ATreeThatIsTooDeepIsAProblemOfItsOwn) {
  const changes::Pod pod = begin();
  in_copy(
      pod,
      "name=$(printf 'd%.0s' $(seq 200)); for i in $(seq 30); do mkdir $name; cd $name; done; echo x > f");
  EXPECT_THAT(listed(pod), HasSubstr("!"));
}

}  // namespace
}  // namespace weir::pod
