#include "pod/pod_init.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <new>

#include "os/clock.h"
#include "os/files.h"
#include "pod/inbound.h"
#include "pod/namespaces.h"
#include "pod/pod_inside.h"
#include "pod/pod_limits.h"
#include "pod/pod_listeners.h"
#include "pod/pod_mounts.h"
#include "pod/program.h"
#include "pod/runsc_bundle.h"
#include "pod/signal_source.h"
#include "pod/subreaper.h"
#include "pod/tree.h"

namespace weir::pod {
namespace {

constexpr int kFailed = 127;
constexpr int kLookMs = 100;
// Beside those it was born into. That of the network takes longest.
constexpr int kOwnNamespaces = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

std::unexpected<Error> unavailable(const char* what, const char* where, int error_number) {
  Error error = os::errno_error(what, where, error_number);
  error.code = ErrorCode::unavailable;
  error.hint =
      "allow unprivileged user namespaces (kernel.unprivileged_userns_clone=1, user.max_user_namespaces, on "
      "Ubuntu kernel.apparmor_restrict_unprivileged_userns=0); inside a container it must allow them, too";
  return std::unexpected(std::move(error));
}

Status write_once(int dir, const char* name, const std::string& text) {
  const os::Fd fd(::openat(dir, name, O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return unavailable("cannot set up the user namespace", name, errno);
  return {};
}

// This user stays this user. `proc_self` is /proc/self of the host, opened while it could be seen.
Status map_ids(int proc_self, const PodStart& start) {
  const std::string uid = std::to_string(start.uid);
  const std::string gid = std::to_string(start.gid);
  // A gid may be mapped without privilege only after setgroups is given up (user_namespaces(7)).
  TRY_STATUS(write_once(proc_self, "setgroups", "deny"));
  TRY_STATUS(write_once(proc_self, "uid_map", uid + " " + uid + " 1"));
  return write_once(proc_self, "gid_map", gid + " " + gid + " 1");
}

// What every pod has, while its plan is still being made.
struct Prepared {
  os::Fd proc_self;
  std::vector<HeldMount> mounts;
};

Result<Prepared> prepare(const PodStart& start) {
  Prepared ready;
  // A hardened parent hands down "not dumpable", which would make /proc/self root's.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  ready.proc_self = os::Fd(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!ready.proc_self) return unavailable("there is no /proc", "/proc/self", errno);
  if (::unshare(kOwnNamespaces) != 0)
    return unavailable("the namespaces of a pod are not available", "unshare", errno);
  TRY_STATUS(map_ids(ready.proc_self.get(), start));
  // Should the machine run out of memory, a pod goes first. Best effort.
  (void)write_once(ready.proc_self.get(), "oom_score_adj", "500");
  TRY(ready.mounts, hold_own_mounts());
  TRY_STATUS(set_up_loopback());
  return ready;
}

// With TCP Fast Open sendto(2) would connect, and the supervisor is told of connect(2) alone. Where this
// cannot be written such a connection is not known to the egress proxy, which lets it no further.
void forbid_fast_open() {
  const os::Fd fd(::open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY | O_CLOEXEC));
  if (fd) (void)!::write(fd.get(), "0", 1);
}

// One end stays here, the other is for the supervisor.
Status open_inbound(PodStart& start) {
  if (start.begin.plan.spec.published.empty()) return {};
  TRY(auto ends, make_inbound());
  start.inbound = std::move(ends[0]);
  ends.erase(ends.begin());
  if (!start.channel.say_listeners(ends))
    return fail(ErrorCode::internal, "the way into the pod did not reach the supervisor", "pod");
  return {};
}

// All that needs capabilities; afterwards there are none.
Status build(PodStart& start, const Prepared& ready) {
  const PodPlan& plan = start.begin.plan;
  if (plan.spec.supervised) forbid_fast_open();
  const mode_t mask = ::umask(0022);
  TRY_STATUS(build_pod_root(plan, ready.mounts));
  ::umask(mask);
  TRY(const auto listeners, open_listeners(plan.spec));
  if (!listeners.empty() && !start.channel.say_listeners(listeners))
    return fail(ErrorCode::internal, "the listeners did not reach the supervisor", "pod");
  TRY_STATUS(open_inbound(start));
  TRY_STATUS(set_host_name(plan.spec.hostname));
  // A second, nested user namespace: in it the kernel has locked every mount of the first
  // (mount_namespaces(7)), and its count of processes is the pod's alone.
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return unavailable("the mounts cannot be locked", "unshare", errno);
  TRY_STATUS(map_ids(ready.proc_self.get(), start));
  TRY_STATUS(drop_capabilities());
  TRY_STATUS(set_no_new_privileges());
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // After the last change of credentials, which would clear it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  return {};
}

// In place of build() where there are no namespaces: orphans come here, and nothing is left to be given up.
Status stay_on_host() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const os::Fd proc_self(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (proc_self) (void)write_once(proc_self.get(), "oom_score_adj", "500");
  TRY_STATUS(give_up_capabilities());
  TRY_STATUS(set_no_new_privileges());
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return {};
}

// The walls that bind the program and not the reaper; then all of them are tried.
Result<PodReport> enter_walls(const PodStart& start) {
  const PodPlan& plan = start.begin.plan;
  const auto& filter = start.filter;
  PodReport report;
  report.weaknesses = plan.weaknesses;
  report.limits = limit_states(plan.spec.limits, plan.uid, start.begin.kept);
  if (plan.launcher == Launcher::landlock) tell_limits_alone(report.limits, start.begin.kept);
  TRY(const PodLandlock landlock, enter_pod_landlock(plan));
  report.landlock_abi = landlock.abi;
  std::string filter_refused;
  if (!filter)
    filter_refused = filter.error().message();
  else if (const Status loaded = load_filter(*filter); !loaded)
    filter_refused = loaded.error().message();
  report.steps = probe_pod(plan, start.begin.canary, landlock, filter_refused, start.channel.inner());
  for (const auto& step : report.steps)
    if (step.applied && !step.verified)
      return fail(ErrorCode::denied, "the pod does not hold: " + step.detail, step.name,
                  "report this with the output of `weir doctor`");
  return report;
}

// When the program began, told to the reaper through a page that exec takes from the program.
class RunClock {
 public:
  static Result<RunClock> make() {
    void* page = ::mmap(nullptr, sizeof(Began), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return std::unexpected(os::errno_error("no memory to be shared", "mmap", errno));
    return RunClock(new (page) Began(0));
  }
  void start() const { began_ns_->store(os::monotonic_ns()); }
  std::int64_t ran_ms() const {
    const std::int64_t began_ns = began_ns_->load();
    return began_ns == 0 ? 0 : (os::monotonic_ns() - began_ns) / 1'000'000;
  }

 private:
  using Began = std::atomic<std::int64_t>;
  explicit RunClock(Began* began_ns) : began_ns_(began_ns) {}
  Began* began_ns_;  // for as long as the process lives
};

// From here on the supervisor is told. Our copy of its end goes: whoever lost a supervisor shall not wait.
Status begin_supervision(const PodStart& start) {
  if (!start.notifying) return std::unexpected(start.notifying.error());
  std::vector<os::Fd> listener;
  TRY(os::Fd loaded, load_notifying(*start.notifying));
  listener.push_back(std::move(loaded));
  if (!start.channel.say_listeners(listener))
    return fail(ErrorCode::internal, "the listener did not reach the supervisor", "pod");
  return {};
}

[[noreturn]] void become_command(const PodStart& start, const RunClock& clock) {
  const PodSpec& spec = start.begin.plan.spec;
  reset_signals();
  close_descriptors(start.channel.inner());
  // Else nothing in /proc/self could be opened; the reaper stays as it is.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  const auto give_up = [&](const Error& error) {
    start.channel.say_report(std::unexpected(error));
    ::_exit(kFailed);
  };
  if (::chdir(spec.cwd.c_str()) != 0)
    give_up(os::errno_error("cannot enter the working directory", spec.cwd, errno));
  auto programs = find_programs(spec.argv[0], spec.env, spec.cwd);
  if (!programs) {
    // A path from here is in the workspace, which is shown whole.
    const std::string& name = spec.argv[0];
    if (programs.error().code == ErrorCode::not_found && (name.starts_with('/') || !name.contains('/')))
      programs.error().hint = "the pod shows only what its profile names: name its directory with --ro";
    give_up(programs.error());
  }
  const auto report = enter_walls(start);
  start.channel.say_report(report);
  if (!report || !start.channel.wait_for('g')) ::_exit(kFailed);
  PodLimits limits = spec.limits;
  if (start.launcher == Launcher::landlock)
    limits.processes = 0;  // the kernel would count all of this user's
  const bool limited = apply_limits(limits).has_value();
  if (spec.supervised)
    if (const Status told = begin_supervision(start); !told) give_up(told.error());
  clock.start();
  const int failed = limited ? execute(*programs, spec.argv, spec.env) : EPERM;
  start.channel.say('X', std::to_string(failed));
  ::_exit(kFailed);
}

// What process 1 does while the program runs.
class Reaper {
 public:
  Reaper(PodStart& start, const SignalSource& signals, const RunClock& clock, pid_t program)
      : channel_(start.channel),
        inbound_(start.inbound),
        published_(start.begin.plan.spec.published),
        signals_(signals),
        limits_(not_kept(start.begin.plan.spec.limits, start.begin.kept)),
        clock_(clock),
        mode_(start.mode),
        alone_(start.launcher == Launcher::landlock),
        program_(program) {}

  [[noreturn]] void run() {
    for (;;) {
      // Of the channel only its end is waited for: the supervisor is gone.
      pollfd fds[3] = {{signals_.fd(), POLLIN, 0}, {channel_.inner(), 0, 0}, {inbound_.get(), POLLIN, 0}};
      ::poll(fds, 3, needs_looking(limits_) || limits_.wall_ms > 0 ? kLookMs : -1);
      if (fds[1].revents != 0) end_all();
      if (fds[2].revents != 0 && !answer_inbound(inbound_.get(), published_)) inbound_.reset();
      while (const auto info = signals_.next())
        on_signal(*info);
      reap();
      look();
    }
  }

 private:
  // What the terminal sent (SI_KERNEL) has reached the program's group already.
  void on_signal(const signalfd_siginfo& info) const {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal != SIGCHLD && info.ssi_code != SI_KERNEL) ::kill(program_, signal);
  }

  void reap() const {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
      if (pid <= 0) return;
      if (pid != program_) continue;
      if (WIFSTOPPED(status)) {
        // The supervisor will stop as well: nobody may go on who is not looked after.
        if (mode_ == GroupMode::foreground) signal_all(SIGSTOP);
        channel_.say('S', std::to_string(WSTOPSIG(status)));
      } else if (WIFCONTINUED(status)) {
        if (mode_ == GroupMode::foreground) signal_all(SIGCONT);
      } else {
        channel_.say('D', std::to_string(status));
        ::_exit(0);
      }
    }
  }

  // Signals come in bursts from a pod full of processes: looking has its own pace.
  void look() {
    // The supervisor's to keep; ours too, for a time in which the program has stopped it.
    if (limits_.wall_ms > 0 && clock_.ran_ms() >= static_cast<std::int64_t>(limits_.wall_ms))
      end_because("time: the limit is " + std::to_string(limits_.wall_ms) + " ms");
    if (!needs_looking(limits_) || os::monotonic_ns() < next_look_ns_) return;
    next_look_ns_ = os::monotonic_ns() + std::int64_t{kLookMs} * 900'000;
    const auto usage = alone_ ? usage_below(::getpid()) : usage_here();
    if (!usage) end_because("its limits cannot be looked at any more");
    if (const auto why = exceeded(limits_, *usage)) end_because(*why);
  }

  [[noreturn]] void end_because(const std::string& why) const {
    channel_.say('L', why);
    end_all();
  }

  // Every process of the pod but this one.
  void signal_all(int signal) const {
    if (alone_)
      (void)Tree(::getpid()).signal(signal);
    else
      ::kill(-1, signal);
  }

  // In a pid namespace the kernel ends the others with this one.
  [[noreturn]] void end_all() const {
    if (alone_) {
      (void)Tree(::getpid()).kill();
      reap_others({});  // whoever takes our place may not
    }
    ::_exit(128 + SIGKILL);
  }

  const PodChannel& channel_;
  os::Fd& inbound_;
  const std::vector<std::uint16_t>& published_;
  const SignalSource& signals_;
  const PodLimits limits_;  // those that somebody must look at
  const RunClock& clock_;
  GroupMode mode_;
  bool alone_;  // no namespaces
  pid_t program_;
  std::int64_t next_look_ns_ = 0;
};

// From the moment that there is a place, or is none to be made.
[[noreturn]] void serve(PodStart& start) {
  const auto or_end = [&](const auto& result) {
    if (result) return;
    start.channel.say_report(std::unexpected(result.error()));
    ::_exit(kFailed);
  };
  const bool own = start.launcher == Launcher::own;
  const auto ready = own ? prepare(start) : Result<Prepared>(Prepared());
  or_end(ready);
  const auto plan = start.channel.wait_for_all();
  if (!plan) ::_exit(kFailed);
  auto begin = decode_begin(*plan);
  or_end(begin);
  start.begin = *std::move(begin);
  or_end(own ? build(start, *ready) : stay_on_host());
  const auto filter = start.channel.wait_for_all();
  if (!filter) ::_exit(kFailed);
  start.filter = decode_filter(*filter);
  if (start.begin.plan.spec.supervised) {
    const auto notifying = start.channel.wait_for_all();
    if (!notifying) ::_exit(kFailed);
    start.notifying = decode_filter(*notifying);
  }
  const SignalSource signals;
  const auto clock = RunClock::make();
  or_end(clock);
  const pid_t program = ::fork();
  if (program == 0) become_command(start, *clock);
  if (program < 0) {
    start.channel.say_report(std::unexpected(os::errno_error("cannot start a process", "fork", errno)));
    ::_exit(kFailed);
  }
  Reaper(start, signals, *clock, program).run();
}

}  // namespace

// Before it may fork: whatever it starts is in the group, too. The cgroup namespace is made anew, so that
// inside nobody reads the group's name.
void enter_group(const PodStart& start) {
  if (!start.group.exists()) return;
  if (start.group.into() < 0) start.channel.say('J', start.group.join() ? "1" : "0");
  (void)::unshare(CLONE_NEWCGROUP);
}

void become_pod_init(PodStart& start) {
  // Without a terminal also without a controlling one: /dev/tty leads nowhere.
  if (start.mode == GroupMode::own)
    ::setsid();
  else if (start.mode == GroupMode::foreground)
    ::setpgid(0, 0);
  start.channel.keep_inner();
  enter_group(start);
  close_descriptors(start.channel.inner());
  serve(start);
}

int run_pod_inside(std::string_view channel, std::string_view mode) {
  const bool by_runsc = channel == "runsc";
  os::Fd inner;
  if (by_runsc) {
    auto connected = connect_from_runsc();
    if (connected) inner = *std::move(connected);
  } else {
    int fd = -1;
    std::from_chars(channel.data(), channel.data() + channel.size(), fd);
    inner = os::Fd(fd);
  }
  struct stat status;
  if (inner.get() < 3 || ::fstat(inner.get(), &status) != 0 || !S_ISSOCK(status.st_mode) ||
      mode.size() != 1) {
    (void)!::write(STDERR_FILENO, "weir: this is how a launcher starts it, no command\n", 51);
    return kFailed;
  }
  PodChannel wire = PodChannel::inside(std::move(inner));
  const ControlGroup group;
  PodStart start{wire, group, static_cast<GroupMode>(mode[0] - '0'), 0, 0};
  start.launcher = by_runsc ? Launcher::runsc : Launcher::bwrap;
  close_descriptors(wire.inner());
  serve(start);
}

}  // namespace weir::pod
