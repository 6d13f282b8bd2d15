// The guarded launch: exit codes, environment, descriptors, signals, terminal, orphans, quarantine.
#include "pod/launch.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include <iostream>

#include "os/clock.h"
#include "pod/doors.h"
#include "pod/throwaway.h"
#include "support/processes.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;
using testing::Not;

class Launch : public Throwaway {
 protected:
  os::Exit exit_of(const LaunchOptions& options) {
    const auto done = launch(options);
    EXPECT_TRUE(done) << done.error().message();
    return done ? done->exit : os::Exit{-1, 0};
  }
  std::string in_work(const std::string& name) const { return read(work() + "/" + name); }
  void wait_for(const std::string& path) const {
    for (int i = 0; i < 500 && !os::exists(path); ++i)
      ::usleep(10'000);
    ASSERT_TRUE(os::exists(path));
  }
  // Runs the launch in a process of its own, so that it can be signalled.
  pid_t launch_apart(const LaunchOptions& options) const {
    return support::in_child([&] {
      const auto done = launch(options);
      return done ? done->exit.code : 125;
    });
  }
};

TEST_F(Launch, ExitCodes) {
  EXPECT_EQ(exit_of(shell("exit 0", false)).code, 0);
  EXPECT_EQ(exit_of(shell("exit 42", false)).code, 42);
  const auto killed = exit_of(shell("kill -TERM $$", false));
  EXPECT_EQ(killed.code, 128 + SIGTERM);
  EXPECT_EQ(killed.signal, SIGTERM);
}

TEST_F(Launch, SaysWhatCannotBeRun) {
  EXPECT_EQ(launch(options({"no-such-program-here"}, false)).error().code, ErrorCode::not_found);
  EXPECT_EQ(launch(options({}, false)).error().code, ErrorCode::invalid);
  auto nowhere = shell("true", false);
  nowhere.cwd = home() + "/nowhere";
  EXPECT_EQ(launch(nowhere).error().code, ErrorCode::not_found);
  write(work() + "/bad", "#!/no/such/interpreter\n");
  ::chmod((work() + "/bad").c_str(), 0755);
  EXPECT_THAT(launch(options({"./bad"}, false)).error().hint, HasSubstr("interpreter"));
  write(work() + "/plain", "exit 9\n");  // no "#!": a shell runs it, as execvp would
  ::chmod((work() + "/plain").c_str(), 0755);
  EXPECT_EQ(exit_of(options({"./plain"}, false)).code, 9);
}

TEST_F(Launch, ProgramIsFoundInThePathOfItsOwnEnvironment) {
  ASSERT_TRUE(os::make_dirs(home() + "/bin"));
  write(home() + "/bin/only-here", "#!/bin/sh\nexit 5\n");
  ::chmod((home() + "/bin/only-here").c_str(), 0755);
  auto run = options({"only-here"}, false);
  EXPECT_FALSE(launch(run));
  run.env["PATH"] = home() + "/bin";
  EXPECT_EQ(exit_of(run).code, 5);
}

TEST_F(Launch, EnvironmentIsExactlyWhatWasGiven) {
  ::setenv("WEIR_TEST_LEAK", "leaked", 1);
  EXPECT_EQ(exit_of(shell("test -z \"$WEIR_TEST_LEAK\" && test \"$HOME\" = " + home(), false)).code, 0);
  ::unsetenv("WEIR_TEST_LEAK");
}

TEST_F(Launch, DescriptorsAboveTwoAreClosed) {
  const os::Fd leak(::open("/etc/hostname", O_RDONLY));  // without O_CLOEXEC
  ASSERT_GE(leak.get(), 3);
  const std::string script =
      "import os; fds = [f for f in os.listdir('/proc/self/fd') if int(f) > 2];"
      "links = [f for f in fds if os.path.lexists('/proc/self/fd/' + f)];"
      "exit(len(links))";
  EXPECT_EQ(exit_of(options({"python3", "-c", script}, false)).code, 0);
  EXPECT_EQ(exit_of(options({"python3", "-c", script}, no_namespaces().empty())).code, 0);
}

TEST_F(Launch, DirectoryAsStandardInputIsRefused) {
  const os::Fd saved(::dup(0));
  const os::Fd dir(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ::dup2(dir.get(), 0);
  const auto done = launch(shell("true", false));
  ::dup2(saved.get(), 0);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what, "a standard descriptor is a directory");
}

TEST_F(Launch, SignalsAreForwarded) {
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGUSR1}) {
    (void)os::remove_file(work() + "/ready");
    const pid_t supervisor = launch_apart(
        shell("trap 'exit 33' TERM HUP INT USR1; : > ready; while :; do sleep 0.05; done", false));
    wait_for(work() + "/ready");
    ::kill(supervisor, signal);
    EXPECT_EQ(support::exit_code(supervisor), 33) << signal;
  }
}

TEST_F(Launch, EndsWithItsSupervisor) {
  const pid_t supervisor = launch_apart(shell("echo $$ > pid; : > ready; exec sleep 60", false));
  wait_for(work() + "/ready");
  const pid_t agent = std::stoi(in_work("pid"));
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  for (int i = 0; i < 200 && ::kill(agent, 0) == 0; ++i) {
    const auto info = os::read_file("/proc/" + std::to_string(agent) + "/stat", 4096);
    if (info && info->find(") Z ") != std::string::npos) break;
    ::usleep(10'000);
  }
  const auto left = os::read_file("/proc/" + std::to_string(agent) + "/stat", 4096);
  EXPECT_TRUE(!left || left->find(") Z ") != std::string::npos);
}

TEST_F(Launch, OrphansAndDaemonsAreFoundAndEnded) {
  auto run =
      shell("(setsid sleep 61 &) ; (trap '' TERM HUP; setsid sh -c 'sleep 62; :' &) ; (exit 0 &); sleep 0.2",
            false);
  run.grace_ms = 200;
  const std::int64_t start_ns = os::monotonic_ns();
  const auto done = launch(run);
  ASSERT_TRUE(done);
  EXPECT_GE(done->left_behind.size(), 2u);
  EXPECT_TRUE(done->survivors.empty());
  EXPECT_GE(done->orphans_reaped, 1u);
  EXPECT_LT(os::monotonic_ns() - start_ns, 5'000'000'000);
  EXPECT_TRUE(Tree(::getpid()).members().empty() || Tree(::getpid()).members().size() == 2)
      << "only the process outside of the run and its sleep are left";
}

TEST_F(Launch, ChildrenFromBeforeAreLeftAlone) {
  EXPECT_EQ(exit_of(shell("true", false)).code, 0);
  EXPECT_EQ(::kill(outside(), 0), 0);
  int status = 0;
  EXPECT_EQ(::waitpid(outside(), &status, WNOHANG), 0);
}

TEST_F(Launch, TicksAndWakeDescriptors) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const os::Fd reader(ends[0]);
  const os::Fd writer(ends[1]);
  auto run = shell("sleep 60", false);
  run.tick_ms = 10'000;
  run.wake_fds = {reader.get()};
  ASSERT_EQ(::write(writer.get(), "x", 1), 1);
  int ticks = 0;
  run.on_tick = [&](Supervised& running) {
    ++ticks;
    (void)running.kill("woken");
  };
  const auto done = launch(run);
  EXPECT_EQ(done->ended_because, "woken");
  EXPECT_EQ(done->exit.signal, SIGKILL);
  EXPECT_GE(ticks, 1);
}

TEST_F(Launch, QuarantineStopsEverythingAndNothingRunsAgain) {
  auto run = shell("(while :; do echo x >> counter; sleep 0.01; done) & while :; do sleep 0.01; done", false);
  run.tick_ms = 20;
  int ticks = 0;
  std::string at_freeze;
  std::string later;
  run.on_tick = [&](Supervised& running) {
    ++ticks;
    if (ticks == 10) {
      EXPECT_TRUE(running.quarantine("divergence")->survivors.empty());
      at_freeze = in_work("counter");
    }
    if (ticks == 20) {
      later = in_work("counter");
      (void)running.kill("divergence");
    }
  };
  const auto done = launch(run);
  ASSERT_TRUE(done);
  EXPECT_FALSE(at_freeze.empty());
  EXPECT_EQ(at_freeze, later);
  EXPECT_EQ(in_work("counter"), later);
  EXPECT_EQ(done->ended_because, "divergence");
  EXPECT_TRUE(done->survivors.empty());
}

TEST_F(Launch, SignalEndsAFrozenTree) {
  auto run = shell(": > ready; while :; do sleep 0.01; done", false);
  run.tick_ms = 20;
  bool frozen = false;
  run.on_tick = [&](Supervised& running) {
    if (!frozen && os::exists(work() + "/ready")) {
      frozen = true;
      (void)running.quarantine("divergence");
      write(work() + "/frozen", "");
    }
  };
  const pid_t supervisor = launch_apart(run);
  wait_for(work() + "/frozen");
  ::kill(supervisor, SIGTERM);
  EXPECT_EQ(support::exit_code(supervisor), 128 + SIGKILL);
}

TEST_F(Launch, DaemonCanFreezeAndKillFromOutside) {
  const pid_t supervisor = launch_apart(shell(": > ready; while :; do sleep 0.01; done", false));
  wait_for(work() + "/ready");
  const Tree tree(supervisor);
  const auto frozen = tree.freeze();
  for (const pid_t pid : frozen->survivors)
    ADD_FAILURE() << "not frozen: " << read("/proc/" + std::to_string(pid) + "/stat");
  ::usleep(100'000);
  EXPECT_TRUE(tree.kill()->survivors.empty());
  EXPECT_EQ(support::exit_code(supervisor), 128 + SIGKILL);
}

// Runs `body` on a terminal of its own, as a shell would: it leads the session and has the foreground.
class LaunchOnTerminal : public Launch {
 protected:
  void start(const LaunchOptions& run) {
    int master = -1;
    shell_ = ::forkpty(&master, nullptr, nullptr, nullptr);
    ASSERT_GE(shell_, 0);
    if (shell_ == 0) job_control(run);
    master_ = os::Fd(master);
  }
  // The least a job-control shell does: the run gets a group and the foreground; a stop is reported and
  // answered by continuing it in the foreground.
  [[noreturn]] void job_control(const LaunchOptions& run) {
    ::signal(SIGTTOU, SIG_IGN);
    const pid_t job = ::fork();
    if (job == 0) {
      ::setpgid(0, 0);
      ::tcsetpgrp(0, ::getpid());
      ::signal(SIGTTOU, SIG_DFL);
      const auto done = launch(run);
      ::_exit(done ? done->exit.code : 125);
    }
    ::setpgid(job, job);
    ::tcsetpgrp(0, job);
    int status = 0;
    while (::waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
      ::tcsetpgrp(0, ::getpgrp());
      ::dprintf(1, "[stopped]\n");
      ::usleep(100'000);
      ::tcsetpgrp(0, job);
      ::kill(-job, SIGCONT);
    }
    ::tcsetpgrp(0, ::getpgrp());
    termios modes{};
    ::tcgetattr(0, &modes);
    int unread = 0;
    ::ioctl(0, FIONREAD, &unread);
    ::dprintf(1, "[ended %d echo %d unread %d]\n", WEXITSTATUS(status), (modes.c_lflag & ECHO) != 0, unread);
    ::_exit(0);
  }
  // Reads what the terminal shows until `text` has come.
  bool shows(const std::string& text, int timeout_ms = 5000) {
    const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{timeout_ms} * 1'000'000;
    while (screen_.find(text) == std::string::npos && os::monotonic_ns() < deadline_ns) {
      pollfd fd{master_.get(), POLLIN, 0};
      if (::poll(&fd, 1, 50) <= 0) continue;
      char buffer[4096];
      const ssize_t n = ::read(master_.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      screen_.append(buffer, static_cast<std::size_t>(n));
    }
    return screen_.find(text) != std::string::npos;
  }
  void type(std::string_view keys) {
    ASSERT_EQ(::write(master_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  void finish() { ::waitpid(shell_, nullptr, 0); }

  std::string screen_;
  os::Fd master_;
  pid_t shell_ = -1;
};

TEST_F(LaunchOnTerminal, ProgramReadsTheTerminalAndCtrlCReachesItOnly) {
  start(shell("trap 'echo got-int; exit 3' INT; read line; echo \"read:$line\"; while :; do sleep 0.05; done",
              false));
  type("hello\n");
  ASSERT_TRUE(shows("read:hello")) << screen_;
  type("\x03");
  EXPECT_TRUE(shows("got-int")) << screen_;
  EXPECT_TRUE(shows("[ended 3")) << screen_;
  finish();
}

TEST_F(LaunchOnTerminal, CtrlZStopsAndForegroundContinues) {
  start(shell("echo up; read line; echo \"read:$line\"; exit 4", false));
  ASSERT_TRUE(shows("up")) << screen_;
  type("\x1a");
  ASSERT_TRUE(shows("[stopped]")) << screen_;
  ::usleep(300'000);
  type("again\n");
  EXPECT_TRUE(shows("read:again")) << screen_;
  EXPECT_TRUE(shows("[ended 4")) << screen_;
  finish();
}

TEST_F(LaunchOnTerminal, ModesAreRestoredAndUnreadInputIsDropped) {
  start(shell("stty raw -echo; echo up; sleep 0.3; exit 0", false));
  ASSERT_TRUE(shows("up")) << screen_;
  type("rm -rf nothing\n");
  EXPECT_TRUE(shows("[ended 0 echo 1 unread 0]")) << screen_;
  finish();
}

TEST_F(LaunchOnTerminal, NobodyTypesIntoTheTerminalFromInsideAShield) {
  if (const auto why = no_namespaces(); !why.empty()) GTEST_SKIP() << why;
  const std::string inject =
      "import fcntl, termios\nfor c in b'echo injected\\n':\n  fcntl.ioctl(0, termios.TIOCSTI, "
      "bytes([c]))\n";
  start(options({"python3", "-c", inject}, true));
  EXPECT_TRUE(shows("PermissionError")) << screen_;
  EXPECT_TRUE(shows("[ended 1")) << screen_;
  EXPECT_THAT(screen_, Not(HasSubstr("echo injected")));
  finish();
}

TEST_F(LaunchOnTerminal, ShieldedProgramsMakeTerminalsOfTheirOwn) {
  if (const auto why = no_namespaces(); !why.empty()) GTEST_SKIP() << why;
  start(options({"python3", "-c",
                 "import pty, os; pty.spawn(['sh', '-c', 'test -t 0 && echo inner-$(tty)']); "
                 "open('/dev/tty', 'w').write('outer\\n')"},
                true));
  EXPECT_TRUE(shows("inner-/dev/pts/0")) << screen_;
  EXPECT_TRUE(shows("outer")) << screen_;
  EXPECT_TRUE(shows("[ended 0")) << screen_;
  finish();
}

TEST_F(Launch, DoorsAreFoundWhereTheyAre) {
  ASSERT_TRUE(os::make_dirs(home() + "/xdg/systemd"));
  const os::Fd bus = support::listen_unix(home() + "/xdg/bus");
  const os::Fd tmux = support::listen_unix(home() + "/tmux");
  const os::Fd docker = support::listen_unix(home() + "/docker.sock");
  const std::map<std::string, std::string> env = {
      {"XDG_RUNTIME_DIR", home() + "/xdg"},
      {"DBUS_SESSION_BUS_ADDRESS", "unix:path=" + door() + ",guid=00;tcp:host=x"},
      {"DOCKER_HOST", "unix://" + home() + "/docker.sock"},
      {"TMUX", home() + "/tmux,123,0"}};
  const auto paths = paths_of(outside_doors(env, ::getuid()));
  for (const auto& path : {home() + "/xdg/bus", door(), home() + "/docker.sock", home() + "/tmux"})
    EXPECT_THAT(paths, testing::Contains(path));
  EXPECT_THAT(paths, Not(testing::Contains(home() + "/xdg/systemd/private")));
}

TEST_F(Launch, CostOfTheShield) {
  if (const auto why = no_namespaces(); !why.empty()) GTEST_SKIP() << why;
  const auto median_ms = [&](bool shielded) {
    std::vector<double> times;
    for (int i = 0; i < 21; ++i) {
      const std::int64_t start_ns = os::monotonic_ns();
      EXPECT_EQ(exit_of(options({"true"}, shielded)).code, 0);
      times.push_back(static_cast<double>(os::monotonic_ns() - start_ns) / 1e6);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  };
  std::cout << "launch of `true`, median of 21: " << median_ms(false) << " ms bare, " << median_ms(true)
            << " ms shielded\n";
}

}  // namespace
}  // namespace weir::pod
