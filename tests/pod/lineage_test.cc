// Marks that the kernel keeps, on processes of the test's own.
#include "pod/lineage.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::pod {
namespace {

// A process that waits until the test is over with it.
class Waiting {
 public:
  Waiting() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::alarm(60);  // nothing of a failed test outlives it for longer
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      ::pause();
  }
  ~Waiting() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

ProcessSeen about(pid_t pid, std::string program, std::uint64_t start_ticks = 1) {
  ProcessSeen process;
  process.pid = pid;
  process.start_ticks = start_ticks;
  process.program = std::move(program);
  return process;
}

TEST(Lineage, AProcessThatExecutesWithoutEndIsOneProcess) {
  const Waiting one;
  Lineage lineage([&] { return std::vector<pid_t>{one.pid()}; });
  for (int i = 0; i < 10'000; ++i) {
    ProcessSeen process = about(one.pid(), "/bin/" + std::to_string(i));
    lineage.exec(process);
    ASSERT_LE(process.parents.size(), 1U);
    ASSERT_FALSE(process.orphan);
  }
  ProcessSeen now = about(one.pid(), "/bin/x");
  lineage.trace(now);
  ASSERT_EQ(now.parents.size(), 1U);
  EXPECT_EQ(now.parents[0]->program, "/bin/0");
  EXPECT_LT(lineage.size(), 5000U) << "the gone are forgotten";
}

TEST(Lineage, AChainThatIsTooLongKeepsBothEndsAndSaysSo) {
  const Waiting one;
  Lineage lineage([&] { return std::vector<pid_t>{one.pid()}; });
  // The same process stands for a child of a child: each time another start.
  ProcessSeen process;
  for (std::uint64_t i = 0; i <= kParentsSeenMax + 10; ++i) {
    process = about(one.pid(), "/bin/" + std::to_string(i), i);
    lineage.exec(process);
    ASSERT_EQ(process.orphan, i > kParentsSeenMax) << i;
  }
  EXPECT_EQ(process.parents.size(), kParentsSeenMax);
  EXPECT_EQ(process.parents.front()->program, "/bin/" + std::to_string(kParentsSeenMax + 9));
  EXPECT_EQ(process.parents.back()->program, "/bin/0");
}

TEST(Lineage, WhatWasNeverSeenIsAnOrphan) {
  const Waiting first;
  const Waiting other;
  Lineage lineage([&] { return std::vector<pid_t>{first.pid(), other.pid()}; });
  ProcessSeen root = about(first.pid(), "/bin/sh");
  lineage.exec(root);
  EXPECT_FALSE(root.orphan);
  ProcessSeen stranger = about(other.pid(), "/bin/true");
  lineage.trace(stranger);
  EXPECT_TRUE(stranger.orphan);
  lineage.exec(stranger);
  EXPECT_TRUE(stranger.orphan);
  ProcessSeen gone = about(1 << 22, "/bin/true");
  lineage.exec(gone);
  EXPECT_TRUE(gone.orphan);
}

// As under a service manager that limits real-time scheduling: a limit is never raised, and small ones leave
// no room for marks.
TEST(Lineage, ALimitThatIsThereAlreadyIsKept) {
  const auto chain = [](rlim_t limit) {
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit low{limit, limit};
      if (::setrlimit(RLIMIT_RTTIME, &low) != 0) ::_exit(99);
      int told = 0;
      {
        const Waiting one;  // ends with this block: _exit() would leave it behind
        Lineage lineage([&] { return std::vector<pid_t>{one.pid()}; });
        ProcessSeen first = about(one.pid(), "/bin/sh", 1);
        lineage.exec(first);
        ProcessSeen second = about(one.pid(), "/bin/true", 2);
        lineage.exec(second);
        told = (first.orphan ? 100 : 0) + (second.orphan ? 10 : 0) + static_cast<int>(second.parents.size());
      }
      ::_exit(told);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(chain(200'000), 1);
  EXPECT_EQ(chain(500), 10) << "what cannot be known is said to be an orphan";
}

}  // namespace
}  // namespace weir::pod
