// A throw-away home below /tmp, laid out as Weir and an agent would: state with a key, sockets, settings, a
// configuration, a workspace; and a process outside of every shield to aim at.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "os/fd.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"
#include "pod/launch.h"
#include "support/sockets.h"

namespace weir::pod {

class Throwaway : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weir-pod-test.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    home_ = top_ + "/home";
    for (const auto& dir : {home_, state() + "/keys", run(), config() + "/policies", home_ + "/.claude",
                            work(), top_ + "/doors"})
      ASSERT_TRUE(os::make_dirs(dir));
    write(state() + "/keys/signing.key", kSecret);
    write(settings(), kSettings);
    write(marker(), "");
    control_ = support::listen_unix(run() + "/control.sock");
    event_ = support::listen_unix(run() + "/event.sock");
    door_ = support::listen_unix(door());
    abstract_name_ = "weir-pod-test-" + os::new_uuid();
    abstract_ = support::listen_unix(std::string(1, '\0') + abstract_name_);
    terminal_ = os::Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ::grantpt(terminal_.get());
    ::unlockpt(terminal_.get());
    start_outside();
  }

  void TearDown() override {
    if (outside_ > 0) {
      ::kill(-outside_, SIGKILL);
      ::waitpid(outside_, nullptr, 0);
    }
    if (!top_.empty()) (void)os::run_child({.argv = {"rm", "-rf", "--", top_}});
  }

  const std::string& home() const { return home_; }
  const std::string& top() const { return top_; }
  std::string state() const { return home_ + "/.local/state/weir"; }
  std::string run() const { return home_ + "/run/weir"; }
  std::string config() const { return home_ + "/.config/weir"; }
  std::string settings() const { return home_ + "/.claude/settings.json"; }
  std::string work() const { return home_ + "/code/project"; }
  std::string marker() const { return top_ + "/marker"; }
  std::string door() const { return top_ + "/doors/bus"; }
  pid_t outside() const { return outside_; }

  ShieldSpec spec() const {
    ShieldSpec spec;
    spec.hidden_dirs = {state(), run()};
    spec.kept_paths = {run() + "/event.sock"};
    spec.read_only_paths = {config(), settings()};
    spec.masked_files = {door()};
    return spec;
  }

  LaunchOptions options(std::vector<std::string> argv, bool shielded) const {
    LaunchOptions options;
    options.argv = std::move(argv);
    options.cwd = work();
    options.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                   {"HOME", home_},
                   {"T_STATE", state()},
                   {"T_RUN", run()},
                   {"T_SETTINGS", settings()},
                   {"T_CONFIG", config()},
                   {"T_OUTSIDE", std::to_string(outside_)},
                   {"T_ABSTRACT", abstract_name_},
                   {"T_DOOR", door()},
                   {"T_MARKER", marker()},
                   {"T_TERMINAL", terminal_name()},
                   {"PYTHONDONTWRITEBYTECODE", "1"}};
    if (shielded) {
      options.shield = spec();
      options.env["T_SHIELDED"] = "1";
    }
    return options;
  }

  LaunchOptions shell(const std::string& script, bool shielded) const {
    return options({"sh", "-c", script}, shielded);
  }

  std::string read(const std::string& path) const {
    return os::read_file(path, 1 << 20).value_or("(unreadable)");
  }
  void write(const std::string& path, std::string_view text) const {
    ASSERT_TRUE(os::write_file_atomic(path, text, {}, os::Durability::none));
  }

  // Why shields cannot be tested here; empty when they can. Only a machine without user namespaces counts.
  static std::string no_namespaces() {
    const auto tried = os::run_child({.argv = {"unshare", "--user", "--mount", "true"}});
    return tried && tried->exit.code == 0 ? "" : "this machine has no unprivileged user namespaces";
  }

  static constexpr std::string_view kSecret = "the signing key";
  static constexpr std::string_view kSettings = R"({"hooks": {"PreToolUse": "weir-hook"}})";

 private:
  std::string terminal_name() const {
    char name[64] = "";
    ::ptsname_r(terminal_.get(), name, sizeof name);
    return name;
  }

  // Lives in the state directory, so that /proc/PID/cwd leads there.
  void start_outside() {
    outside_ = ::fork();
    ASSERT_GE(outside_, 0);
    if (outside_ > 0) {
      ::setpgid(outside_, outside_);
      return wait_until_ready();
    }
    ::setpgid(0, 0);
    if (::chdir(state().c_str()) != 0) ::_exit(1);
    const std::string script = "trap 'echo signalled >>" + marker() + "' URG; sleep 600 & echo ready >" +
                               marker() + "; while :; do wait; done";
    ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    ::_exit(1);
  }
  void wait_until_ready() const {
    for (int i = 0; i < 500 && read(marker()) != "ready\n"; ++i)
      ::usleep(10'000);
    ASSERT_EQ(read(marker()), "ready\n");
  }

  std::string top_;
  std::string home_;
  std::string abstract_name_;
  os::Fd control_, event_, door_, abstract_, terminal_;
  pid_t outside_ = -1;
};

}  // namespace weir::pod
