// Pods at rest: made, listed, locked, removed; and trees that nobody could remove with a path.
#include "changes/pod_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "changes/overlay_pod.h"
#include "changes/remove_tree.h"

namespace weir::changes::testing {
namespace {

using PodStoreTest = OverlayPodTest;

TEST_F(PodStoreTest, KeepsWhatAPodIs) {
  const Pod made = begin();
  const auto last = store().last_of(workspace_);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->id, made.id);
  EXPECT_EQ((*last)->workspace, workspace_);
  EXPECT_EQ((*last)->upper, made.upper);
  EXPECT_EQ((*last)->started_ns, made.started_ns);
  EXPECT_EQ((*last)->profile, "test");
  EXPECT_EQ((*last)->workspace_inode, made.workspace_inode);
  for (const auto& path : {dir_ + "/state/pods", store().directory(made), made.work})
    EXPECT_EQ(os::file_info(path)->mode, 0700u) << path;
  EXPECT_EQ(os::file_info(made.upper)->mode, 0755u);  // the workspace's: inside it is the workspace
}

TEST_F(PodStoreTest, TheLastPodOfAWorkspaceIsTheNewest) {
  const Pod first = begin();
  const Pod second = begin();
  EXPECT_EQ((*store().last_of(workspace_))->id, second.id);
  ASSERT_TRUE(store().remove(second));
  EXPECT_EQ((*store().last_of(workspace_))->id, first.id);
  EXPECT_FALSE(*store().last_of(dir_));
  EXPECT_EQ(store().list()->size(), 1u);
}

TEST_F(PodStoreTest, RemovesAnUnchangedPodAndOnlySuch) {
  const Pod unchanged = begin();
  const Pod changed = begin();
  ASSERT_TRUE(os::write_file_atomic(changed.upper + "/made", "x"));
  EXPECT_TRUE(store().retire_unchanged(unchanged));
  EXPECT_FALSE(store().retire_unchanged(changed));
  ASSERT_EQ(store().list()->size(), 1u);
  EXPECT_EQ(store().list()->front().id, changed.id);
  EXPECT_FALSE(os::exists(store().directory(unchanged)));
  EXPECT_EQ(os::list_dir(dir_ + "/state/pods"), (std::vector<std::string>{".empty-0", changed.id}));
}

TEST_F(PodStoreTest, TheDirectoryOfAnUnchangedPodIsTakenByTheNextAndLooksNew) {
  const Pod first = begin();
  ASSERT_TRUE(os::make_dirs(first.work + "/work/incompat/volatile"));
  write(first.work + "/work/incompat/volatile/dirty", "");
  ASSERT_EQ(::chmod((first.work + "/work").c_str(), 0), 0);
  ASSERT_EQ(::setxattr(first.upper.c_str(), "user.overlay.origin", "x", 1, 0), 0);
  ASSERT_TRUE(store().retire_unchanged(first));
  ASSERT_EQ(::chmod(workspace_.c_str(), 0711), 0);
  const Pod second = begin();
  EXPECT_NE(second.id, first.id);
  EXPECT_GT(second.started_ns, first.started_ns);
  EXPECT_EQ(os::list_dir(dir_ + "/state/pods"), std::vector<std::string>{second.id});
  EXPECT_EQ(store().list()->front().id, second.id);
  EXPECT_TRUE(os::list_dir(second.work).empty());
  EXPECT_TRUE(os::list_dir(second.upper).empty());
  EXPECT_LT(::getxattr(second.upper.c_str(), "user.overlay.origin", nullptr, 0), 0);
  struct stat status;
  ASSERT_EQ(::stat(second.upper.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0711U);
  EXPECT_TRUE(store().lock(second));
}

// What overlayfs leaves has no permissions, which only root can do without.
TEST_F(PodStoreTest, AnOrdinaryUserTakesItToo) {
  constexpr uid_t kSomebody = 1001;
  if (::geteuid() == 0) {
    for (const auto& dir : {dir_, workspace_})
      ASSERT_EQ(::chown(dir.c_str(), kSomebody, kSomebody), 0);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(kSomebody, kSomebody, kSomebody) != 0) ::_exit(2);
    const Pod first = begin();
    const auto upper = os::file_info(first.upper);
    for (const char* one : {"/work", "/work/incompat", "/work/incompat/volatile"})
      if (::mkdir((first.work + one).c_str(), 0700) != 0) ::_exit(3);
    write(first.work + "/work/incompat/volatile/dirty", "");
    for (const char* one : {"/work/incompat/volatile", "/work/incompat", "/work"})
      if (::chmod((first.work + one).c_str(), 0) != 0) ::_exit(4);
    if (!store().retire_unchanged(first)) ::_exit(5);
    const auto again = os::file_info(begin().upper);
    ::_exit(upper && again && upper->inode == again->inode ? 0 : 6);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(PodStoreTest, OnlyAFewAreKeptAndNoneWithMoreInIt) {
  std::vector<Pod> pods;
  for (int i = 0; i < 6; ++i)
    pods.push_back(begin());
  write(store().directory(pods[0]) + "/agent/state", "x");
  for (const auto& pod : pods)
    EXPECT_TRUE(store().retire_unchanged(pod));
  EXPECT_EQ(os::list_dir(dir_ + "/state/pods"),
            (std::vector<std::string>{".empty-0", ".empty-1", ".empty-2", ".empty-3"}));
}

// Whatever came into it meanwhile: nobody gets it.
TEST_F(PodStoreTest, ADirectoryThatIsNotEmptyIsNotTaken) {
  const Pod first = begin();
  ASSERT_TRUE(store().retire_unchanged(first));
  write(dir_ + "/state/pods/.empty-0/upper/left", "x");
  const Pod second = begin();
  EXPECT_TRUE(os::list_dir(second.upper).empty());
  EXPECT_FALSE(os::exists(dir_ + "/state/pods/.empty-0"));
}

TEST_F(PodStoreTest, WhatWasRetiredGoesWithTheNextRemoval) {
  const Pod unchanged = begin();
  const Pod other = begin();
  ASSERT_TRUE(store().retire_unchanged(unchanged));
  ASSERT_TRUE(store().remove(other));
  EXPECT_EQ(os::list_dir(dir_ + "/state/pods"), std::vector<std::string>{});
}

TEST_F(PodStoreTest, AWorkspaceThatIsNoDirectoryIsRefused) {
  write("file", "x");
  EXPECT_FALSE(store().create(workspace_ + "/file", ""));
  EXPECT_FALSE(store().create(workspace_ + "/absent", ""));
  EXPECT_TRUE(store().list()->empty());
}

TEST_F(PodStoreTest, AWorkspaceMayHaveAnyName) {
  const std::string odd = dir_ + "/\xff\n odd";
  ASSERT_EQ(::mkdir(odd.c_str(), 0755), 0);
  ASSERT_TRUE(store().create(odd, ""));
  const auto last = store().last_of(odd);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->workspace, odd);
}

TEST_F(PodStoreTest, ATornRecordIsToldAndCanBeRemoved) {
  const Pod pod = begin();
  write(store().directory(pod) + "/pod.json", "{\"v\":1,\"id\":");
  EXPECT_TRUE(store().list()->empty());
  EXPECT_EQ(*store().damaged(), std::vector<std::string>{pod.id});
  ASSERT_TRUE(store().remove_id(pod.id));
  EXPECT_TRUE(store().damaged()->empty());
  EXPECT_FALSE(store().remove_id("../../w"));
}

TEST_F(PodStoreTest, TheLockIsHeldUntilItsHolderIsGone) {
  const Pod pod = begin();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const auto lock = store().lock(pod);
    (void)!::write(ready[1], lock ? "y" : "n", 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_TRUE(store().running(pod));
  const auto refused = store().lock(pod);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_NE(refused.error().hint.find("kill " + std::to_string(launcher)), std::string::npos)
      << refused.error().hint;
  EXPECT_FALSE(commit(store(), pod, catalogue(), {}));
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
  EXPECT_FALSE(store().running(pod));
  EXPECT_TRUE(store().lock(pod));
}

TEST_F(PodStoreTest, RemovesWhatAHostileAgentLeft) {
  write(dir_ + "/outside/keep", "mine");
  const Pod pod = begin();
  write(pod.upper + "/a\nb/c", "x");
  write(pod.upper + "/locked/inside/file", "x");
  ASSERT_EQ(::symlink((dir_ + "/outside").c_str(), (pod.upper + "/link").c_str()), 0);
  ASSERT_EQ(::symlink((dir_ + "/outside").c_str(), (pod.upper + "/locked/link").c_str()), 0);
  ASSERT_EQ(::mkdir((pod.upper + "/lifted-0").c_str(), 0700), 0);
  ASSERT_EQ(::chmod((pod.upper + "/locked/inside").c_str(), 0), 0);
  ASSERT_EQ(::chmod((pod.upper + "/locked").c_str(), 0), 0);
  ASSERT_EQ(::chmod(pod.upper.c_str(), 0), 0);
  const Status removed = store().remove(pod);
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_EQ(os::list_dir(dir_ + "/state/pods"), std::vector<std::string>{});
  EXPECT_EQ(read(dir_ + "/outside/keep"), "mine");
}

TEST_F(PodStoreTest, RemovesATreeDeeperThanAnyPath) {
  const Pod pod = begin();
  os::Fd at(::open(pod.upper.c_str(), O_RDONLY | O_DIRECTORY));
  const std::string name(200, 'd');
  for (int depth = 0; depth < 3000; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0700), 0);
    at = os::Fd(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY));
    ASSERT_TRUE(at);
    const os::Fd file(::openat(at.get(), "f", O_CREAT | O_WRONLY, 0600));
    ASSERT_TRUE(file);
  }
  const Status removed = store().remove(pod);
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_EQ(os::list_dir(dir_ + "/state/pods"), std::vector<std::string>{});
}

TEST_F(PodStoreTest, ARemovalThatWasCutOffIsFinishedByTheNext) {
  const Pod first = begin();
  const Pod second = begin();
  write(first.upper + "/x/y", "1");
  const std::string pods = dir_ + "/state/pods";
  ASSERT_EQ(::rename((pods + "/" + first.id).c_str(), (pods + "/.gone-" + first.id).c_str()), 0);
  EXPECT_EQ(store().list()->size(), 1u);
  ASSERT_TRUE(store().remove(second));
  EXPECT_EQ(os::list_dir(pods), std::vector<std::string>{});
}

}  // namespace
}  // namespace weir::changes::testing
