#include "os/process_facts.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>

#include "os/fd.h"
#include "os/process.h"

namespace weir::os {
namespace {

// A child that lives until it is told to end, with these descriptors besides the usual.
class Child {
 public:
  explicit Child(int close_fd = -1) {
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      if (close_fd >= 0) ::close(close_fd);
      (void)!::write(ready[1], "r", 1);
      for (;;)
        ::pause();
    }
    char byte = 0;
    (void)!::read(ready[0], &byte, 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

TEST(ProcessFacts, OfThisProcess) {
  const auto words = command_line(::getpid());
  ASSERT_FALSE(words.empty());
  EXPECT_NE(words[0].find("os_tests"), std::string::npos);
  const auto program = program_of(::getpid());
  ASSERT_TRUE(program);
  EXPECT_EQ(program->name, "os_tests");
  const Child child;
  EXPECT_EQ(program_of(child.pid()), program);
  const auto info = process_info(child.pid());
  ASSERT_TRUE(info);
  EXPECT_GE(age_ms(info->start_ticks), -20);
  EXPECT_LT(age_ms(info->start_ticks), 60'000);
}

TEST(ProcessFacts, OfNobodyThereIsNothing) {
  constexpr pid_t kNobody = 0x3FFFFFFF;
  EXPECT_TRUE(command_line(kNobody).empty());
  EXPECT_FALSE(program_of(kNobody));
  EXPECT_FALSE(reads_other_end(::getpid(), kNobody, 1));
}

TEST(ProcessFacts, WhoHasTheOtherEndOfASocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const Fd mine(ends[0]);
  auto child = std::make_unique<Child>(mine.get());  // has only the other end
  const Child stranger(mine.get());                  // and so has this one
  ::close(ends[1]);
  if (!reads_other_end(::getpid(), child->pid(), ends[1]))
    GTEST_SKIP() << "this kernel tells nothing of Unix sockets (CONFIG_UNIX_DIAG)";
  EXPECT_FALSE(reads_other_end(stranger.pid(), child->pid(), ends[1]));
  EXPECT_FALSE(reads_other_end(::getpid(), child->pid(), 0)) << "no socket";
}

TEST(ProcessFacts, APipeProvesNothing) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd read(ends[0]);
  const Fd write(ends[1]);
  const Child child(read.get());
  EXPECT_FALSE(reads_other_end(::getpid(), child.pid(), ends[1]));
}

}  // namespace
}  // namespace weir::os
