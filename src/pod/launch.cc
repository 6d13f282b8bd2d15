#include "pod/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/clock.h"
#include "os/files.h"
#include "pod/child.h"
#include "pod/signal_source.h"
#include "pod/subreaper.h"

namespace weir::pod {
namespace {

os::Exit decode(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

// What is known when the child is ready.
struct Ready {
  std::optional<ShieldReport> report;
  std::optional<ShieldWatch> watch;
};

class Supervisor final : public Supervised {
 public:
  Supervisor(const LaunchOptions& options, Terminal& terminal, const SignalSource& signals, Tree tree,
             pid_t pid)
      : options_(options), terminal_(terminal), signals_(signals), tree_(std::move(tree)), pid_(pid) {}

  pid_t pid() const override { return pid_; }
  const Tree& tree() const override { return tree_; }
  Result<TreeResult> quarantine(const std::string& why) override;
  Result<TreeResult> thaw() override;
  Result<TreeResult> kill(const std::string& why) override;

  LaunchResult run(Ready ready);

 private:
  void wait_for_something();
  void on_signal(const signalfd_siginfo& info);
  void forward(int signal) const;
  void reap();
  void on_stopped(int signal);
  void suspend();
  void check_shield();
  void end_what_is_left();

  const LaunchOptions& options_;
  Terminal& terminal_;
  const SignalSource& signals_;
  Tree tree_;
  pid_t pid_;
  LaunchResult result_;
  std::optional<ShieldWatch> watch_;
  bool ended_ = false;
  bool frozen_ = false;
  std::int64_t next_check_ns_ = 0;
};

Result<TreeResult> Supervisor::quarantine(const std::string& why) {
  if (result_.ended_because.empty()) result_.ended_because = why;
  frozen_ = true;
  auto frozen = tree_.freeze();
  terminal_.take_back();
  return frozen;
}

Result<TreeResult> Supervisor::thaw() {
  result_.ended_because.clear();
  frozen_ = false;
  terminal_.give_to(pid_);
  return tree_.thaw();
}

Result<TreeResult> Supervisor::kill(const std::string& why) {
  result_.ended_because = why;
  return tree_.kill();
}

LaunchResult Supervisor::run(Ready ready) {
  result_.report = std::move(ready.report);
  watch_ = std::move(ready.watch);
  while (!ended_) {
    wait_for_something();
    while (const auto info = signals_.next())
      on_signal(*info);
    reap();
    if (ended_) break;
    check_shield();
    if (options_.on_tick) options_.on_tick(*this);
  }
  terminal_.take_back();
  end_what_is_left();
  return std::move(result_);
}

void Supervisor::wait_for_something() {
  std::vector<pollfd> fds{{signals_.fd(), POLLIN, 0}};
  for (const int fd : options_.wake_fds)
    fds.push_back({fd, POLLIN, 0});
  ::poll(fds.data(), fds.size(), std::clamp(options_.tick_ms, 1, 10'000));
}

void Supervisor::on_signal(const signalfd_siginfo& info) {
  const int signal = static_cast<int>(info.ssi_signo);
  if (signal == SIGCHLD) return;
  const bool asks_to_end = signal != SIGUSR1 && signal != SIGUSR2;
  if (frozen_ && asks_to_end) {
    (void)kill(result_.ended_because + "; ended by a signal while frozen");
    return;
  }
  // Shared group: what the terminal sent (SI_KERNEL) has reached the agent already.
  if (terminal_.mode() == GroupMode::shared && info.ssi_code == SI_KERNEL) return;
  forward(signal);
}

void Supervisor::forward(int signal) const {
  // Between fork and setpgid there may be no such group yet; and a shared group holds us, too.
  if (terminal_.mode() == GroupMode::shared || ::kill(-pid_, signal) != 0) ::kill(pid_, signal);
}

void Supervisor::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid <= 0) return;
    if (WIFSTOPPED(status)) {
      if (pid == pid_) on_stopped(WSTOPSIG(status));
    } else if (WIFCONTINUED(status)) {
      // Continued by somebody else (`weir` after a freeze, a person): the terminal is the agent's again.
      if (pid == pid_ && frozen_) {
        frozen_ = false;
        if (terminal_.mode() == GroupMode::foreground && terminal_.ours()) terminal_.give_to(pid_);
      }
    } else if (pid == pid_) {
      result_.exit = decode(status);
      ended_ = true;
    } else {
      ++result_.orphans_reaped;
    }
  }
}

void Supervisor::on_stopped(int signal) {
  if (signal == SIGSTOP) {  // frozen, by us or by `weir stop`: a person must be able to reach us
    frozen_ = true;
    terminal_.take_back();
  } else if (terminal_.mode() == GroupMode::foreground) {
    suspend();
  }
}

// Job control as the shell outside expects it: we stop as well, and continue the agent when we are continued.
void Supervisor::suspend() {
  terminal_.take_back();
  ::raise(SIGSTOP);
  if (terminal_.ours()) terminal_.give_to(pid_);
  ::kill(-pid_, SIGCONT);
}

void Supervisor::check_shield() {
  if (!watch_ || options_.breach_check_ms <= 0) return;
  const std::int64_t now_ns = os::monotonic_ns();
  if (now_ns < next_check_ns_) return;
  next_check_ns_ = now_ns + std::int64_t{options_.breach_check_ms} * 1'000'000;
  auto found = watch_->breaches();
  if (!found) found = std::vector{"the shield cannot be seen any more: " + found.error().message()};
  std::vector<std::string> fresh;
  for (const auto& breach : *found)
    if (std::find(result_.breaches.begin(), result_.breaches.end(), breach) == result_.breaches.end())
      fresh.push_back(breach);
  if (fresh.empty()) return;
  result_.breaches.insert(result_.breaches.end(), fresh.begin(), fresh.end());
  if (options_.on_breach)
    options_.on_breach(fresh, *this);
  else
    (void)kill("the shield no longer holds: " + fresh.front());
}

void Supervisor::end_what_is_left() {
  reap();
  result_.left_behind = tree_.members();
  if (result_.left_behind.empty()) return;
  if (frozen_ || !result_.ended_because.empty()) {  // nothing quarantined runs again, not even to end well
    (void)tree_.kill();
    reap();
    result_.survivors = tree_.members();
    return;
  }
  (void)tree_.signal(SIGTERM);
  (void)tree_.signal(SIGCONT);  // a stopped process does not see TERM before it continues
  const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{options_.grace_ms} * 1'000'000;
  while (os::monotonic_ns() < deadline_ns && !tree_.members().empty()) {
    pollfd fd{signals_.fd(), POLLIN, 0};
    ::poll(&fd, 1, 20);
    while (signals_.next()) {
    }
    reap();
  }
  if (!tree_.members().empty()) (void)tree_.kill();
  reap();
  result_.survivors = tree_.members();
}

Error exec_error(const std::string& program, int error_number) {
  Error error = os::errno_error("cannot run the program", program, error_number);
  if (error_number == ENOENT)
    error.hint = "its interpreter is missing, or the shield hides it: see the hidden directories";
  return error;
}

// The child is there and waits: hear its report, ask the caller, let it go. After an Error it has ended.
Result<Ready> start_child(const LaunchOptions& options, const ChildPlan& plan, pid_t pid, ReportPipe& pipe,
                          Terminal& terminal) {
  TRY(ShieldReport heard, pipe.receive());
  Ready ready;
  if (plan.shield) {
    TRY(ready.watch, ShieldWatch::open(pid, *plan.shield, heard));
    ready.report = std::move(heard);
  }
  if (options.on_ready) TRY_STATUS(options.on_ready(Started{pid, ready.report}));
  terminal.give_to(pid);
  if (!pipe.send_go()) return fail(ErrorCode::internal, "the child ended before it started", plan.program);
  if (const int error_number = pipe.receive_exec_error(); error_number != 0)
    return std::unexpected(exec_error(plan.program, error_number));
  return ready;
}

void give_up(pid_t pid) {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<LaunchResult> launch(const LaunchOptions& options) {
  Terminal terminal;
  TRY(ChildPlan plan, plan_child(options, terminal.mode()));
  TRY(ReportPipe pipe, ReportPipe::make());
  const Subreaper subreaper;
  const SignalSource signals;
  Tree tree(::getpid(), children_now());
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(os::errno_error("cannot start a process", "fork", errno));
  if (pid == 0) become_program(plan, pipe);
  if (terminal.mode() != GroupMode::shared) ::setpgid(pid, pid);  // whoever of us comes first
  pipe.close_child_end();
  auto ready = start_child(options, plan, pid, pipe, terminal);
  if (!ready) {
    give_up(pid);
    return std::unexpected(std::move(ready.error()));
  }
  Supervisor supervisor(options, terminal, signals, std::move(tree), pid);
  return supervisor.run(*std::move(ready));
}

}  // namespace weir::pod
