// A pod's walls while it runs: what holds is not complained about, what falls ends the pod.
#include "pod/pod_watch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/bytes.h"
#include "pod/box.h"
#include "pod/tree.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;

class PodWatchTest : public Box {
 protected:
  // The number of the pod's program, once it runs, from outside.
  static pid_t sleeper(const std::string& mark) {
    for (int i = 0; i < 500; ++i, ::usleep(10'000))
      for (const auto& process : Tree(::getpid()).members()) {
        const auto line = os::read_file("/proc/" + std::to_string(process.pid) + "/cmdline", 4096);
        if (line && *line == "sleep" + std::string(1, '\0') + mark + std::string(1, '\0')) return process.pid;
      }
    return 0;
  }
  // Somebody outside who enters the pod's namespaces and mounts something.
  static int mount_inside(pid_t pid) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string place = "/proc/" + std::to_string(pid) + "/ns/";
      const int user = ::open((place + "user").c_str(), O_RDONLY);
      const int mounts = ::open((place + "mnt").c_str(), O_RDONLY);
      const bool entered = ::setns(user, CLONE_NEWUSER) == 0 && ::setns(mounts, CLONE_NEWNS) == 0;
      ::_exit(!entered ? 3 : ::mount("none", "/tmp", "tmpfs", 0, nullptr) == 0 ? 0 : 4);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }
};

TEST_F(PodWatchTest, APodThatIsWholeIsLeftAlone) {
  const auto done = run(shell("for i in $(seq 60); do /bin/true & sleep 0.05; done; wait; exit 7"));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->ended_because, "");
  EXPECT_EQ(done->exit.code, 7);
}

TEST_F(PodWatchTest, AMountFromOutsideEndsThePod) {
  const std::string mark = "77." + std::to_string(::getpid());
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    const auto done = run(shell("sleep " + mark + "; true"));
    const std::string why = done ? done->ended_because : done.error().message();
    (void)!::write(ends[1], why.data(), why.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  const pid_t program = sleeper(mark);
  ASSERT_GT(program, 0);
  ::usleep(1'500'000);  // the first look is over
  ASSERT_EQ(mount_inside(program), 0);
  char why[400] = {};
  ASSERT_GT(::read(ends[0], why, sizeof why - 1), 0);
  ::close(ends[0]);
  EXPECT_THAT(why, HasSubstr("a wall no longer stands: the pod's mounts have changed"));
  ::waitpid(supervisor, nullptr, 0);
}

// Processes that never had any of it, with namespaces of the test's own.
TEST(PodWatch, EachWallThatIsMissingIsNamed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t first = ::fork();
  if (first == 0) {
    if (::fork() == 0) {
      ::pause();
      ::_exit(0);
    }
    (void)!::write(ends[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  PodWatch watch(first);
  std::string all;
  for (const auto& what : watch.breaches())
    all += what + "\n";
  EXPECT_THAT(all, HasSubstr("no system call filter"));
  EXPECT_THAT(all, HasSubstr("no no_new_privs"));
  EXPECT_THAT(all, HasSubstr("in this machine's net namespace"));
  (void)Tree(first).kill();
  ::kill(first, SIGKILL);
  ::waitpid(first, nullptr, 0);
  EXPECT_TRUE(watch.breaches().empty());
}

}  // namespace
}  // namespace weir::pod
