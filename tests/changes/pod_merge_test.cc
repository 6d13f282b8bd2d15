// The changes of several pods brought together: what adds, what merges, what is left to a person.
#include "changes/pod_merge.h"

#include <gmock/gmock.h>

#include "changes/overlay_pod.h"

namespace weir::changes::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PodMergeTest : public OverlayPodTest {
 protected:
  // One pod for each script, all begun with the same state.
  void pods(const std::vector<std::string>& scripts) {
    std::vector<Pod> made;
    for (std::size_t i = 0; i < scripts.size(); ++i)
      made.push_back(begin());
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      if (!in_pod(made[i], scripts[i])) GTEST_SKIP() << "no overlay here";
      members_.push_back({"task-" + std::to_string(i), open(made[i])});
    }
  }
  // Merges into a pod of its own and returns that.
  Pod merged() {
    auto plan = plan_merge(members_);
    EXPECT_TRUE(plan) << plan.error().message();
    merge_ = *std::move(plan);
    const Pod pod = begin();
    const OpenPod into = open(pod);
    const Status done = write_merge(merge_, members_, into.upper.get());
    EXPECT_TRUE(done) << done.error().message();
    return pod;
  }
  std::string conflicts() const {
    std::string out;
    for (const auto& one : merge_.conflicts)
      out += one.path + ": " + one.why + "\n";
    return out;
  }
  std::vector<MergeMember> members_;
  Merge merge_;
};

TEST_F(PodMergeTest, DifferentFilesAddAndTheSameChangeIsOne) {
  write("a.txt", "a\n");
  write("gone.txt", "x\n");
  pods({"echo 1 > new-0; echo b > a.txt; rm gone.txt; mkdir d; echo 0 > d/0",
        "echo 1 > new-1; echo b > a.txt; rm gone.txt; mkdir d; echo 1 > d/1; ln -s a.txt link"});
  const Pod pod = merged();
  EXPECT_EQ(listed(pod), "M a.txt\nA d/\nA d/0\nA d/1\nD gone.txt\nA link\nA new-0\nA new-1\n");
  EXPECT_EQ(conflicts(), "");
  for (const auto& one : merge_.choices)
    if (one.change.path == "a.txt") {
      EXPECT_THAT(one.members, ElementsAre(0, 1));
    }
  EXPECT_TRUE(committed(pod).complete());
  EXPECT_EQ(read("a.txt"), "b\n");
  EXPECT_EQ(read("d/1"), "1\n");
  EXPECT_FALSE(exists("gone.txt"));
}

TEST_F(PodMergeTest, TextsAreMergedByLines) {
  write("t", "1\n2\n3\n4\n5\n6\n7\n");
  pods({"sed -i s/1/one/ t", "sed -i s/4/four/ t; chmod 755 t", "echo 8 >> t"});
  const Pod pod = merged();
  EXPECT_EQ(conflicts(), "");
  EXPECT_EQ(read(pod.upper + "/t"), "one\n2\n3\nfour\n5\n6\n7\n8\n");
  EXPECT_TRUE(committed(pod, {.paths = {}, .held = {"t"}, .force = {}}).complete());
  EXPECT_EQ(mode("t"), 0755u);
}

TEST_F(PodMergeTest, WhatCannotBeMergedIsLeftWithItsPods) {
  write("t", "1\n2\n3\n");
  write("b", std::string("a\0b\n", 4));
  write("d", "x\n");
  write("p", "x\n");
  pods({"echo one > t; printf x > b; rm d; echo 0 > new; chmod 600 p; echo only > mine",
        "echo two > t; printf y > b; echo y >> d; echo 1 > new; chmod 755 p"});
  const Pod pod = merged();
  EXPECT_EQ(listed(pod), "A mine\n");
  EXPECT_EQ(conflicts(),
            "b: changed differently by task-0, task-1\n"
            "d: deleted by task-0, modified by task-1\n"
            "new: added by task-0, added by task-1\n"
            "p: different permissions by task-0, task-1\n"
            "t: changed differently by task-0, task-1\n");
  const OpenPod opened = open(pod);
  EXPECT_FALSE(is_settled(opened.host.get(), merge_.conflicts[4]));
  // As `weir commit --pod ID t` does.
  EXPECT_TRUE(committed(members_[1].open.pod, {.paths = {"t"}, .held = {}, .force = {}}).complete());
  EXPECT_EQ(read("t"), "two\n");
  EXPECT_TRUE(is_settled(opened.host.get(), merge_.conflicts[4]));
}

TEST_F(PodMergeTest, ADirectoryThatOneTookAwayStaysForWhatAnotherChanged) {
  write("d/a", "a\n");
  write("d/b", "b\n");
  write("e/a", "a\n");
  write("e-x", "sorts between e and e/a\n");
  pods({"rm -r d e e-x", "echo more > d/new", "rm e/a"});
  const Pod pod = merged();
  EXPECT_EQ(conflicts(), "");
  EXPECT_EQ(listed(pod), "D d/a\nD d/b\nA d/new\nD e/\nD e-x\nD e/a\n");
  EXPECT_TRUE(committed(pod).complete());
  EXPECT_EQ(read("d/new"), "more\n");
  EXPECT_FALSE(exists("e"));
}

TEST_F(PodMergeTest, DeletedByOneAndChangedByAnotherIsAConflictBelowADirectoryToo) {
  write("d/a", "a\n");
  write("d/b", "b\n");
  pods({"rm -r d", "echo more >> d/a"});
  const Pod pod = merged();
  EXPECT_EQ(conflicts(), "d/a: deleted by task-0, modified by task-1\n");
  EXPECT_EQ(listed(pod), "D d/b\n");
}

TEST_F(PodMergeTest, AFileInPlaceOfADirectoryThatAnotherWorksInIsAConflictWhole) {
  write("d/a", "a\n");
  write("d/b", "b\n");
  pods({"rm -r d; echo file > d", "echo more > d/new"});
  const Pod pod = merged();
  EXPECT_THAT(conflicts(), AllOf(HasSubstr("d: no directory any more for task-0"),
                                 HasSubstr("d/new: lies in d"), HasSubstr("d/a: lies in d")));
  EXPECT_EQ(listed(pod), "");
}

TEST_F(PodMergeTest, AFileAndADirectoryOfOneNameAreAConflictWithAllThatIsInIt) {
  pods({"echo file > x", "mkdir x; echo in > x/in"});
  EXPECT_EQ(listed(merged()), "");
  EXPECT_EQ(conflicts(), "x: added by task-0, added by task-1\nx/in: lies in x\n");
}

TEST_F(PodMergeTest, AFileInPlaceOfADirectory) {
  write("d/a", "a\n");
  pods({"rm -r d; echo file > d", "echo else > f"});
  const Pod pod = merged();
  EXPECT_EQ(conflicts(), "");
  EXPECT_TRUE(committed(pod).complete());
  EXPECT_EQ(read("d"), "file\n");
}

TEST_F(PodMergeTest, WhatTheHostChangedMeanwhileIsNotMerged) {
  write("t", "1\n2\n3\n4\n5\n");
  write("u", "1\n");
  pods({"sed -i s/1/one/ t; echo 2 > u", "sed -i s/5/five/ t"});
  write("t", "1\n2\nhost\n4\n5\n");
  write("u", "host\n");
  merged();
  EXPECT_EQ(conflicts(), "t: changed differently by task-0, task-1; the host changed it, too\n");
}

TEST_F(PodMergeTest, WhatCannotBeCommittedIsLeftWithItsPod) {
  pods({"mkfifo pipe; echo 1 > one", "echo 2 > two"});
  EXPECT_EQ(listed(merged()), "A one\nA two\n");
  EXPECT_THAT(conflicts(), HasSubstr("pipe: task-0: "));
}

TEST_F(PodMergeTest, DirectoriesGetThePermissionsThatAllGave) {
  pods({"mkdir d; chmod 755 d; echo 0 > d/0", "mkdir d; chmod 711 d; echo 1 > d/1"});
  const Pod pod = merged();
  EXPECT_EQ(conflicts(), "");
  EXPECT_TRUE(committed(pod).complete());
  EXPECT_EQ(mode("d"), 0711u);
}

TEST_F(PodMergeTest, TwoThousandFiles) {
  for (int i = 0; i < 200; ++i)
    write("src/" + std::to_string(i), "old\n");
  pods({"for i in $(seq 1 1000); do mkdir -p a/$((i % 20)); echo $i > a/$((i % 20))/$i; done; rm -r src",
        "for i in $(seq 1 1000); do mkdir -p b/$((i % 20)); echo $i > b/$((i % 20))/$i; done"});
  const Pod pod = merged();
  EXPECT_EQ(merge_.choices.size(), 2000u + 42u + 201u);
  EXPECT_TRUE(committed(pod).complete());
  EXPECT_EQ(read("b/7/7"), "7\n");
  EXPECT_FALSE(exists("src"));
}

}  // namespace
}  // namespace weir::changes::testing
