#include "pod/tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace weir::pod {
namespace {

// A sanitized process takes a hundred times as long to fork; fewer of them then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr int kMany = kSanitized ? 10 : 200;
constexpr int kSome = kSanitized ? 5 : 20;

constexpr unsigned kLifetimeMaxS = 40;  // nothing of a failed test outlives it for longer

// The root of a tree and a subreaper, like the supervisor of a run; ended with all that is below it. It has
// done its part when it is there: as a supervisor it is never frozen, and one that still forks would give the
// tree new members afterwards.
class Root {
 public:
  template <class Body>
  explicit Root(Body body) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) ::abort();
    pid_ = ::fork();
    if (pid_ != 0) {
      ::close(ends[1]);
      char byte;
      (void)!::read(ends[0], &byte, 1);
      ::close(ends[0]);
      return;
    }
    ::alarm(kLifetimeMaxS);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    body();
    (void)!::write(ends[1], "x", 1);
    for (;;) {
      if (::waitpid(-1, nullptr, 0) < 0) ::usleep(1000);
    }
  }
  ~Root() {
    (void)Tree(pid_).kill();
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

// Forks and forks again, five times a second: a child that lives for a moment, and one of its own that
// leaves group and session and is orphaned at once. Two hundred of them are 2,000 forks a second, which a
// slow machine that does other work besides still gets done.
[[noreturn]] void keep_forking() {
  ::signal(SIGCHLD, SIG_IGN);
  for (;;) {
    if (::fork() == 0) {
      ::alarm(kLifetimeMaxS);
      if (::fork() == 0) {
        ::alarm(kLifetimeMaxS);
        ::setsid();
        ::usleep(150'000);
      }
      ::_exit(0);
    }
    ::usleep(200'000);
  }
}

[[noreturn]] void sleep_for_ever() {
  for (;;)
    ::pause();
}

// Nobody begins before all are there: early forkers would leave the rest no processor to start on.
void start_many(int count, void (*what)()) {
  int gate[2];
  if (::pipe2(gate, O_CLOEXEC) != 0) ::abort();
  for (int i = 0; i < count; ++i)
    if (::fork() == 0) {
      ::alarm(kLifetimeMaxS);
      ::close(gate[1]);
      char byte;
      (void)!::read(gate[0], &byte, 1);
      ::close(gate[0]);
      what();
    }
  ::close(gate[0]);
  ::close(gate[1]);
}

std::size_t wait_for_members(const Tree& tree, std::size_t count) {
  std::size_t seen = 0;  // of a tree that forks and ends all the time, so that a second look may see fewer
  for (int i = 0; i < 500 && (seen = tree.members().size()) < count; ++i)
    ::usleep(10'000);
  return seen;
}

// Long enough for all forkers to be there and to have forked a few times.
std::size_t settle(const Tree& tree) {
  ::usleep(500'000);
  return wait_for_members(tree, kMany);
}

TEST(Tree, KnowsDescendantsOfEveryGenerationButNotTheRoot) {
  const Root root([] {
    if (::fork() == 0) {
      if (::fork() == 0) {
        ::setsid();
        sleep_for_ever();
      }
      sleep_for_ever();
    }
  });
  const Tree tree(root.pid());
  EXPECT_EQ(wait_for_members(tree, 2), 2u);
  for (const auto& process : tree.members())
    EXPECT_NE(process.pid, root.pid());
  EXPECT_TRUE(tree.kill()->survivors.empty());
  EXPECT_EQ(::kill(root.pid(), 0), 0) << "the root itself is never signalled";
}

TEST(Tree, LeavesWhatIsApartAlone) {
  const Root root([] { start_many(2, sleep_for_ever); });
  const Tree whole(root.pid());
  ASSERT_EQ(wait_for_members(whole, 2), 2u);
  const pid_t apart = whole.members().front().pid;
  const Tree tree(root.pid(), {apart});
  EXPECT_EQ(tree.kill()->processes, 1u);
  ASSERT_EQ(whole.members().size(), 1u);
  EXPECT_EQ(whole.members().front().pid, apart);
  (void)whole.kill();
}

TEST(Tree, FreezesAndThaws) {
  const Root root([] { start_many(kSome, keep_forking); });
  const Tree tree(root.pid());
  ASSERT_GE(wait_for_members(tree, kSome), std::size_t{kSome});
  const auto frozen = tree.freeze();
  ASSERT_TRUE(frozen);
  EXPECT_TRUE(frozen->survivors.empty());
  const auto before = tree.members();
  ::usleep(150'000);
  const auto after = tree.members();
  EXPECT_EQ(before.size(), after.size()) << "somebody forked or ended while frozen";
  for (const auto& process : after)
    EXPECT_TRUE(process.state == 'T' || process.state == 'D') << process.pid << process.state;
  ASSERT_TRUE(tree.thaw());
  ::usleep(20'000);
  bool anybody_runs = false;
  for (const auto& process : tree.members())
    anybody_runs |= process.state != 'T';
  EXPECT_TRUE(anybody_runs);
  EXPECT_TRUE(tree.kill()->survivors.empty());
}

// How fast this is: bench/pod_tree_bench.cc.
TEST(Tree, KillsAllOfTwoHundredForkingProcesses) {
  const Root root([] { start_many(kMany, keep_forking); });
  const Tree tree(root.pid());
  ASSERT_GE(settle(tree), std::size_t{kMany});
  const auto killed = tree.kill();
  ASSERT_TRUE(killed);
  EXPECT_GE(killed->processes, std::size_t{kMany});
  EXPECT_TRUE(killed->survivors.empty());
  EXPECT_TRUE(tree.members().empty());
}

TEST(Tree, FreezesAllOfTwoHundredForkingProcesses) {
  const Root root([] { start_many(kMany, keep_forking); });
  const Tree tree(root.pid());
  ASSERT_GE(settle(tree), std::size_t{kMany});
  const auto frozen = tree.freeze();
  ASSERT_TRUE(frozen);
  EXPECT_TRUE(frozen->survivors.empty());
  for (const auto& process : tree.members())
    EXPECT_TRUE(process.state == 'T' || process.state == 'D') << process.pid << process.state;
}

TEST(Tree, NobodyIsLeftAfterKilling) {
  const Root root([] { start_many(kSome, keep_forking); });
  const Tree tree(root.pid());
  ASSERT_GE(wait_for_members(tree, kSome), std::size_t{kSome});
  ASSERT_TRUE(tree.kill()->survivors.empty());
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(tree.members().empty());
    ::usleep(10'000);
  }
}

TEST(Tree, OfNobodyIsEmpty) {
  const Tree tree(::getpid());
  EXPECT_TRUE(tree.members().empty());
  EXPECT_EQ(tree.kill()->processes, 0u);
}

}  // namespace
}  // namespace weir::pod
