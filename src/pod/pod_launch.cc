#include "pod/pod_launch.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "os/clock.h"
#include "os/files.h"
#include "pod/beneath.h"
#include "pod/pod_init.h"
#include "pod/pod_limits.h"
#include "pod/program.h"
#include "pod/signal_source.h"
#include "pod/tree.h"

namespace weir::pod {
namespace {

constexpr std::int64_t kForeverMs = INT32_MAX;
constexpr int kTickMsMax = 10'000;
constexpr std::int64_t kDiskLookNs = 1'000'000'000;
constexpr std::uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// As fork, into new namespaces.
pid_t clone_into_namespaces() {
  clone_args args{};
  args.flags = kNamespaces;
  args.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

Error no_namespaces(int error_number) {
  Error error = os::errno_error("the namespaces of a pod are not available", "clone3", error_number);
  error.code = ErrorCode::unavailable;
  error.hint =
      "allow unprivileged user namespaces (kernel.unprivileged_userns_clone=1, user.max_user_namespaces); a "
      "container must allow them, too";
  return error;
}

os::Exit decode(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

int number(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The first process of the pod; killed and waited for when this goes, whatever happened.
class FirstProcess {
 public:
  explicit FirstProcess(pid_t pid) : pid_(pid) {}
  ~FirstProcess() { end(); }
  FirstProcess(const FirstProcess&) = delete;
  FirstProcess& operator=(const FirstProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Returns when no process of the pod is left: the kernel reports the first one's end after all others'.
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

 private:
  pid_t pid_;
};

constexpr os::Exit kKilled{128 + SIGKILL, SIGKILL};

class Supervision final : public PodControl {
 public:
  Supervision(const PodStart& start, const PodOptions& options, const SignalSource& signals,
              Terminal& terminal, FirstProcess& first)
      : limits_(start.plan.spec.limits),
        options_(options),
        channel_(start.channel),
        signals_(signals),
        terminal_(terminal),
        first_(first) {
    for (const auto& mount : start.plan.mounts) {
      if (mount.kind == PodMount::Kind::overlay) written_.push_back(mount.upper);
      if (mount.kind == PodMount::Kind::own) written_.push_back(mount.source);
    }
    began_ns_ = os::monotonic_ns();
    next_disk_look_ns_ = began_ns_ + kDiskLookNs;
  }

  void run(PodResult& result) {
    while (!exit_) {
      wait_for_something();
      while (const auto info = signals_.next())
        forward(*info);
      if (!exit_) look();
      if (!exit_ && options_.on_tick) options_.on_tick(*this);
    }
    const std::int64_t decided_ns = os::monotonic_ns();
    first_.end();
    if (!ended_because_.empty()) result.end_took_ns = os::monotonic_ns() - decided_ns;
    result.ended_because = ended_because_;
    result.exit = *exit_;
  }

  void end(const std::string& why) override { end_because(why); }

  // Of the exec that failed; 0: the program ran.
  int exec_errno() const { return exec_errno_; }

 private:
  void wait_for_something() {
    std::vector<pollfd> fds = {{signals_.fd(), POLLIN, 0}, {channel_.outer(), POLLIN, 0}};
    for (const int fd : options_.wake_fds)
      fds.push_back({fd, POLLIN, 0});
    ::poll(fds.data(), fds.size(), timeout_ms());
    if (fds[1].revents != 0) hear();
  }

  int timeout_ms() const {
    std::int64_t left_ms = limits_.disk_bytes > 0 ? kDiskLookNs / 1'000'000 : kForeverMs;
    if (options_.on_tick)
      left_ms = std::min<std::int64_t>(left_ms, std::clamp(options_.tick_ms, 1, kTickMsMax));
    if (limits_.wall_ms > 0)
      left_ms = std::min(left_ms, static_cast<std::int64_t>(limits_.wall_ms) - ran_ms() + 1);
    return left_ms >= kForeverMs ? -1 : static_cast<int>(std::max<std::int64_t>(left_ms, 1));
  }

  std::int64_t ran_ms() const { return (os::monotonic_ns() - began_ns_) / 1'000'000; }

  void end_because(std::string why) {
    ended_because_ = std::move(why);
    exit_ = kKilled;
  }

  void hear() {
    const auto message = channel_.hear();
    if (!message)  // somebody outside killed the first process
      exit_ = kKilled;
    else if (message->kind == 'D')
      exit_ = decode(number(message->text));
    else if (message->kind == 'X')
      exec_errno_ = number(message->text);
    else if (message->kind == 'L')
      end_because(message->text);
    else if (message->kind == 'S' && terminal_.mode() == GroupMode::foreground)
      suspend();
  }

  // Job control as the shell outside expects it: we stop as well, and continue the pod when we are continued.
  void suspend() {
    terminal_.take_back();
    ::raise(SIGSTOP);
    terminal_.give_to(first_.pid());
    ::kill(-first_.pid(), SIGCONT);
  }

  void forward(const signalfd_siginfo& info) const {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD) return;
    // Shared group: what the terminal sent has reached the program already.
    if (terminal_.mode() == GroupMode::shared && info.ssi_code == SI_KERNEL) return;
    ::kill(first_.pid(), signal);
  }

  void look() {
    if (limits_.wall_ms > 0 && ran_ms() >= static_cast<std::int64_t>(limits_.wall_ms))
      return end_because("time: the limit is " + std::to_string(limits_.wall_ms) + " ms");
    if (limits_.disk_bytes == 0 || os::monotonic_ns() < next_disk_look_ns_) return;
    PodUsage usage;
    const auto bytes = disk_usage(written_);
    if (!bytes) return end_because("disk: it cannot be counted: nested too deep, or too many files");
    usage.disk_bytes = *bytes;
    next_disk_look_ns_ = os::monotonic_ns() + kDiskLookNs;
    PodLimits disk_only;
    disk_only.disk_bytes = limits_.disk_bytes;
    if (auto why = exceeded(disk_only, usage)) end_because(std::move(*why));
  }

  const PodLimits& limits_;
  const PodOptions& options_;
  const PodChannel& channel_;
  const SignalSource& signals_;
  Terminal& terminal_;
  FirstProcess& first_;
  std::vector<std::string> written_;  // directories that count as disk
  std::optional<os::Exit> exit_;
  std::string ended_because_;
  int exec_errno_ = 0;
  std::int64_t began_ns_ = 0;
  std::int64_t next_disk_look_ns_ = 0;
};

Status check_level(const PodPlan& plan, const PodReport& report) {
  if (report.level() >= plan.spec.level || plan.spec.accept_level) return {};
  std::string missing;
  for (const auto& step : report.steps)
    if (!step.applied) missing += (missing.empty() ? "" : "; ") + step.name + ": " + step.detail;
  return fail(ErrorCode::unavailable,
              "this host reaches level " + std::string(name(report.level())) + ", " +
                  std::string(name(plan.spec.level)) + " was asked for",
              missing, "ask for less with --level, or take what there is with --accept-level");
}

Error exec_error(const std::string& program, int error_number) {
  Error error = os::errno_error("cannot run the program", program, error_number);
  if (error_number == ENOENT) error.hint = "its interpreter is not in the pod: name its directory with --ro";
  return error;
}

// The pod may have closed its workspace to its owner, who would then see no change in it.
void open_changes(const PodPlan& plan) {
  for (const auto& mount : plan.mounts) {
    struct stat info;
    if (mount.kind != PodMount::Kind::overlay || ::stat(mount.upper.c_str(), &info) != 0) continue;
    if ((info.st_mode & S_IRWXU) != S_IRWXU) ::chmod(mount.upper.c_str(), (info.st_mode & 07777) | S_IRWXU);
  }
}

// The overlay is mounted "volatile": nothing of what the pod wrote was flushed by its end. Best effort: the
// pod is over, and what is lost with the power is found out by who commits.
void flush_changes(const PodPlan& plan) {
  for (const auto& mount : plan.mounts) {
    if (mount.kind != PodMount::Kind::overlay) continue;
    const os::Fd dir(::open(mount.upper.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto names = dir ? names_in(dir.get(), 1) : Result<std::vector<std::string>>(fail("closed"));
    if (dir && (!names || !names->empty())) ::syncfs(dir.get());
  }
}

// The one child that the first process has while it waits for the word to go; 0 when it has gone.
pid_t program_below(pid_t first) {
  for (const auto& process : Tree(first).members())
    if (process.ppid == first) return process.pid;
  return 0;
}

// The walls stand; the caller agrees; the program starts. After an Error nothing has run.
Result<PodReport> begin(const PodStart& start, const PodOptions& options, const FirstProcess& first,
                        Terminal& terminal) {
  start.channel.tell_begin(pod_filter());
  if (!start.plan.spec.listeners.empty()) {
    TRY(auto listeners, start.channel.hear_listeners());
    if (options.on_listeners) TRY_STATUS(options.on_listeners(std::move(listeners)));
  }
  TRY(PodReport report, start.channel.hear_report());
  TRY_STATUS(check_level(start.plan, report));
  if (options.on_ready) TRY_STATUS(options.on_ready({report, program_below(first.pid())}));
  terminal.give_to(first.pid());
  if (!start.channel.tell('g'))
    return fail(ErrorCode::internal, "the pod ended before its program started", "pod");
  return report;
}

}  // namespace

Result<PodResult> launch_pod(const PodPlan& plan, const PodOptions& options) {
  TRY_STATUS(check_standard_descriptors());
  Terminal terminal;
  TRY(PodChannel channel, PodChannel::make());
  PodStart start{plan, make_pod_canary(plan), std::move(channel), terminal.mode()};
  const SignalSource signals;
  const pid_t init = clone_into_namespaces();
  if (init < 0) {
    const Error error = no_namespaces(errno);
    remove_pod_canary(start.canary);
    return std::unexpected(error);
  }
  if (init == 0) become_pod_init(start);
  FirstProcess first(init);
  if (terminal.mode() == GroupMode::foreground) ::setpgid(init, init);  // whoever of us comes first
  start.channel.keep_outer();
  auto report = begin(start, options, first, terminal);
  remove_pod_canary(start.canary);
  if (!report) return std::unexpected(std::move(report.error()));
  if (options.on_started) options.on_started();
  PodResult result;
  result.report = *std::move(report);
  Supervision supervision(start, options, signals, terminal, first);
  supervision.run(result);
  terminal.take_back();
  open_changes(plan);
  if (supervision.exec_errno() != 0)
    return std::unexpected(exec_error(plan.spec.argv[0], supervision.exec_errno()));
  flush_changes(plan);
  return result;
}

Result<PodReport> try_pod(const PodPlan& plan) {
  std::optional<PodReport> seen;
  PodOptions options;
  options.on_ready = [&](const PodReady& ready) -> Status {
    seen = ready.report;
    return fail(ErrorCode::internal, "the pod was only tried", "pod");
  };
  PodPlan any_level = plan;
  any_level.spec.accept_level = true;
  const auto done = launch_pod(any_level, options);
  if (!seen) return std::unexpected(done.error());
  return *std::move(seen);
}

}  // namespace weir::pod
