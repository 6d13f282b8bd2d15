// Asking for a secret: nothing is shown while it is typed, and no signal leaves the terminal like that.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "cli/prompt.h"
#include "os/fd.h"

namespace weir::cli {
namespace {

constexpr int kPatienceMs = 20'000;
constexpr int kAsExpected = 42;

bool echoes(int tty) {
  termios now{};
  return ::tcgetattr(tty, &now) == 0 && (now.c_lflag & ECHO) != 0;
}

// Reads what the terminal shows until `wanted` has come.
bool shows(int master, const std::string& wanted) {
  std::string seen;
  while (!seen.contains(wanted)) {
    pollfd ready{.fd = master, .events = POLLIN, .revents = 0};
    char some[256];
    if (::poll(&ready, 1, kPatienceMs) <= 0) return false;
    const ssize_t n = ::read(master, some, sizeof some);
    if (n <= 0) return false;
    seen.append(some, static_cast<std::size_t>(n));
  }
  return true;
}

// A program that asks, on a terminal of its own.
struct Asking {
  os::Fd master;
  pid_t pid = -1;

  static Asking start() {
    int master = -1;
    const pid_t pid = ::forkpty(&master, nullptr, nullptr, nullptr);
    if (pid == 0) {
      const auto said = ask_secret("PIN? ", "--pin PIN");
      ::_exit(said && *said == "2468" ? kAsExpected : 1);
    }
    return {os::Fd(master), pid};
  }
  int ended() const {
    int status = 0;
    return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

TEST(Prompt, ShowsNothingOfWhatIsTyped) {
  const auto asking = Asking::start();
  ASSERT_TRUE(shows(asking.master.get(), "PIN? "));
  EXPECT_FALSE(echoes(asking.master.get()));
  ASSERT_EQ(::write(asking.master.get(), "2468\n", 5), 5);
  EXPECT_EQ(asking.ended(), kAsExpected);
}

TEST(Prompt, EndsWithTheTerminalAsItWasWhenInterrupted) {
  const auto asking = Asking::start();
  ASSERT_TRUE(shows(asking.master.get(), "PIN? "));
  ASSERT_EQ(::write(asking.master.get(), "24\x03", 3), 3);
  EXPECT_TRUE(shows(asking.master.get(), "\n"));
  EXPECT_TRUE(echoes(asking.master.get()));
  EXPECT_EQ(asking.ended(), 130);
}

TEST(Prompt, EndsWithTheTerminalAsItWasWhenKilledSoftly) {
  for (const int number : {SIGTERM, SIGHUP, SIGQUIT}) {
    const auto asking = Asking::start();
    ASSERT_TRUE(shows(asking.master.get(), "PIN? "));
    ASSERT_EQ(::kill(asking.pid, number), 0);
    EXPECT_TRUE(shows(asking.master.get(), "\n")) << number;
    EXPECT_TRUE(echoes(asking.master.get())) << number;
    EXPECT_EQ(asking.ended(), 128 + number);
  }
}

// A shell's part: the one who asks is a job of its own, stopped by Ctrl-Z and brought back.
int play_shell() {
  const pid_t job = ::fork();
  if (job == 0) {
    ::setpgid(0, 0);
    std::signal(SIGTTOU, SIG_IGN);
    ::tcsetpgrp(0, ::getpid());
    std::signal(SIGTTOU, SIG_DFL);
    const auto said = ask_secret("PIN? ", "--pin PIN");
    ::_exit(said && *said == "2468" ? kAsExpected : 1);
  }
  int status = 0;
  if (::waitpid(job, &status, WUNTRACED) != job || !WIFSTOPPED(status)) return 2;
  if (!echoes(0)) return 3;
  ::kill(job, SIGCONT);
  if (::waitpid(job, &status, 0) != job || !WIFEXITED(status)) return 4;
  return WEXITSTATUS(status);
}

TEST(Prompt, IsAskedAgainAfterTheJobWasStopped) {
  int master = -1;
  const pid_t shell = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (shell == 0) ::_exit(play_shell());
  const Asking asking{os::Fd(master), shell};
  ASSERT_TRUE(shows(master, "PIN? "));
  ASSERT_EQ(::write(master, "13\x1a", 3), 3);
  ASSERT_TRUE(shows(master, "PIN? "));
  EXPECT_FALSE(echoes(master));
  ASSERT_EQ(::write(master, "2468\n", 5), 5);
  EXPECT_EQ(asking.ended(), kAsExpected);
}

TEST(Prompt, NamesTheOptionWhenItCannotAskOrNothingIsTyped) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setsid();  // no terminal any more
    const auto said = ask_secret("PIN? ", "--pin PIN");
    ::_exit(!said && said.error().code == ErrorCode::invalid && said.error().hint.contains("--pin PIN")
                ? kAsExpected
                : 1);
  }
  EXPECT_EQ((Asking{os::Fd(), pid}.ended()), kAsExpected);

  int master = -1;
  const pid_t other = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (other == 0) {
    const auto said = ask_secret("PIN? ", "--pin PIN");
    ::_exit(!said && said.error().hint.contains("--pin PIN") ? kAsExpected : 1);
  }
  const Asking asking{os::Fd(master), other};
  ASSERT_TRUE(shows(master, "PIN? "));
  ASSERT_EQ(::write(master, "\n", 1), 1);
  EXPECT_EQ(asking.ended(), kAsExpected);
}

}  // namespace
}  // namespace weir::cli
