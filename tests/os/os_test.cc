#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"
#include "os/xdg.h"
#include "support/throwaway_dir.h"

namespace weir::os {
namespace {

class Files : public testing::Test {
 protected:
  const support::ThrowawayDir throwaway_;
  const std::string dir_ = throwaway_.path();
};

TEST_F(Files, AtomicWriteKeepsModeAndLink) {
  const std::string file = dir_ + "/a";
  ASSERT_TRUE(write_file_atomic(file, "one", 0640));
  ASSERT_EQ(::symlink("a", (dir_ + "/link").c_str()), 0);
  ASSERT_TRUE(write_file_atomic(dir_ + "/link", "two"));
  EXPECT_EQ(read_file(file, 100), "two");
  EXPECT_EQ(file_info(file)->mode, 0640u);
  EXPECT_EQ(file_info(dir_ + "/link")->kind, FileInfo::Kind::link);
  EXPECT_EQ(list_dir(dir_), (std::vector<std::string>{"a", "link"}));
}

TEST_F(Files, ReadSaysWhyNot) {
  EXPECT_EQ(read_file(dir_ + "/none", 10).error().code, ErrorCode::not_found);
  ASSERT_TRUE(write_file_atomic(dir_ + "/big", "12345"));
  EXPECT_EQ(read_file(dir_ + "/big", 4).error().code, ErrorCode::limit);
}

TEST_F(Files, LockIsExclusive) {
  const auto first = lock_file(dir_ + "/lock");
  ASSERT_TRUE(first);
  EXPECT_EQ(lock_file(dir_ + "/lock").error().code, ErrorCode::unavailable);
}

TEST_F(Files, ResolveFollowsLinksAndKeepsTheMissingRest) {
  ASSERT_TRUE(make_dirs(dir_ + "/real"));
  ASSERT_EQ(::symlink("real", (dir_ + "/alias").c_str()), 0);
  EXPECT_EQ(resolve_path(dir_ + "/alias/new/../file"), dir_ + "/real/file");
}

TEST(Process, RunsFeedsAndCaptures) {
  const auto result = run_child({.argv = {"sh", "-c", "cat; echo err >&2; exit 3"}, .input = "in"});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->out, "in");
  EXPECT_EQ(result->err, "err\n");
  EXPECT_EQ(result->exit.code, 3);
  EXPECT_EQ(run_child({.argv = {"no-such-program-here"}}).error().code, ErrorCode::not_found);
}

// Without care the broken pipe ends this test, as it would end whoever started the child.
TEST(Process, SurvivesAChildThatDoesNotReadItsInput) {
  for (int i = 0; i < 20; ++i) {
    const auto result =
        run_child({.argv = {"sh", "-c", "exec 0<&-; exit 4"}, .input = std::string(1'000'000, 'x')});
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->exit.code, 4);
  }
}

TEST(Process, KillsAtTheTimeLimit) {
  const auto result = run_child({.argv = {"sleep", "30"}, .timeout_ms = 100});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
}

TEST(Process, AKillByAnotherHandIsNoTimeLimit) {
  const auto result = run_child({.argv = {"sh", "-c", "kill -9 $$"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit.signal, SIGKILL);
  EXPECT_FALSE(result->timed_out);
}

// Output closed early does not mean that the child has ended.
TEST(Process, TheTimeLimitHoldsForAChildThatClosedItsOutput) {
  const auto result = run_child({.argv = {"sh", "-c", "exec >&- 2>&-; sleep 30"}, .timeout_ms = 100});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
}

TEST(Process, OutputThatIsTooLongEndsTheChildWhereThatIsWanted) {
  const auto result =
      run_child({.argv = {"yes"}, .output_bytes_max = 1000, .timeout_ms = 60'000, .output_ends_it = true});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out.size(), 1001U) << "one more says that it was too long";
  const auto whole =
      run_child({.argv = {"printf", "%1000s", ""}, .output_bytes_max = 1000, .output_ends_it = true});
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->timed_out);
  EXPECT_EQ(whole->out.size(), 1000U);
}

TEST(Process, AChildIsToldToStop) {
  std::atomic<bool> stop = true;
  const auto result = run_child({.argv = {"sleep", "60"}, .stop = &stop});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->exit.signal, SIGKILL);
}

TEST(Process, WhatAChildLeavesInItsGroupEndsWithIt) {
  for (const bool whole : {false, true}) {
    const auto result = run_child(
        {.argv = {"sh", "-c", "sleep 60 >/dev/null 2>&1 </dev/null & echo $!"}, .whole_group = whole});
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->timed_out);
    const std::string stat = "/proc/" + result->out.substr(0, result->out.find('\n')) + "/stat";
    const auto runs = [&] {
      const auto text = read_file(stat, 4096);
      return text && text->find(") Z") == std::string::npos;
    };
    for (int i = 0; whole && runs() && i < 500; ++i)
      ::usleep(10'000);
    EXPECT_EQ(runs(), !whole);
    if (!whole) ::kill(std::stoi(result->out), SIGKILL);
  }
}

TEST(Process, OnlyStandardDescriptorsAreInherited) {
  const int leak = ::open("/dev/zero", O_RDONLY);  // not closed by exec
  ASSERT_GE(leak, 0);
  for (const bool only : {false, true}) {
    const auto result = run_child({.argv = {"sh", "-c", "ls -l /proc/$$/fd"}, .only_standard = only});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->out.find("/dev/zero") == std::string::npos, only) << result->out;
  }
  ::close(leak);
}

TEST(Process, AncestryReachesTheParent) {
  const auto chain = ancestry(::getpid());
  ASSERT_GE(chain.size(), 2u);
  EXPECT_EQ(chain[0].pid, ::getpid());
  EXPECT_EQ(chain[1].pid, ::getppid());
}

TEST(Clock, MonotonicNeverGoesBack) {
  const auto first = monotonic_ns();
  EXPECT_GE(monotonic_ns(), first);
  EXPECT_EQ(boot_id().size(), 36u);
  EXPECT_NE(new_uuid(), new_uuid());
}

TEST(Xdg, WeirHomeHoldsEverything) {
  const Places p = places_under("/x");
  EXPECT_EQ(p.event_socket(), "/x/run/event/event.sock");
  EXPECT_EQ(p.ledger_dir(), "/x/state/ledger");
}

}  // namespace
}  // namespace weir::os
