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

#include "base/bytes.h"
#include "changes/beneath.h"
#include "os/clock.h"
#include "os/files.h"
#include "pod/launch_elsewhere.h"
#include "pod/namespaces_here.h"
#include "pod/pod_birth.h"
#include "pod/pod_limits.h"
#include "pod/pod_plan_wire.h"
#include "pod/pod_watch.h"
#include "pod/program.h"
#include "pod/supervisor.h"
#include "pod/tree.h"

namespace weir::pod {
namespace {

constexpr std::int64_t kForeverMs = INT32_MAX;
constexpr int kTickMsMax = 10'000;
constexpr std::int64_t kDiskLookNs = 1'000'000'000;
constexpr std::int64_t kSweepNs = 1'000'000'000;
constexpr std::int64_t kShortOfMemoryNs = 1'000'000'000;
constexpr int kShortOfMemoryLookMs = 5;
constexpr std::int64_t kWatchNs = 5'000'000'000;

os::Exit decode(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

int number(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

constexpr os::Exit kKilled{128 + SIGKILL, SIGKILL};

class Supervision final : public PodControl {
 public:
  // `supervisor`: null where the pod is not supervised. `whole`: every wall stood at the start.
  Supervision(const PodPlan& plan, const PodOptions& options, Birth& birth, Supervisor* supervisor,
              bool whole)
      : supervisor_(supervisor),
        limits_(plan.spec.limits),
        options_(options),
        channel_(birth.channel),
        signals_(birth.signals),
        terminal_(birth.terminal),
        group_(birth.group),
        first_(birth.first) {
    for (const auto& mount : plan.mounts) {
      if (mount.kind == PodMount::Kind::overlay) written_.push_back(mount.upper);
      if (mount.kind == PodMount::Kind::own) written_.push_back(mount.source);
    }
    began_ns_ = os::monotonic_ns();
    next_disk_look_ns_ = began_ns_ + kDiskLookNs;
    if (whole) watch_.emplace(first_.inner());
    next_watch_ns_ = began_ns_ + kSweepNs;
  }

  void run(PodResult& result) {
    while (!exit_) {
      const bool only_calls = wait_for_something();
      while (const auto info = signals_.next())
        forward(*info);
      if (!exit_) look();
      if (!exit_ && options_.on_tick && !(only_calls && os::monotonic_ns() < next_tick_ns_)) tick();
    }
    const std::int64_t decided_ns = os::monotonic_ns();
    if (!ended_because_.empty()) group_.kill();
    first_.end();
    if (ended_because_.empty()) out_of_memory();
    group_.remove();
    if (!ended_because_.empty()) result.end_took_ns = os::monotonic_ns() - decided_ns;
    result.ended_because = ended_because_;
    result.exit = *exit_;
  }

  void end(const std::string& why) override { end_because(why); }
  bool answer(std::uint64_t call, const ConnectVerdict& verdict) override {
    return supervisor_ != nullptr && supervisor_->answer(call, verdict);
  }
  void known_otherwise(pid_t pid) override {
    if (supervisor_ != nullptr) supervisor_->known_otherwise(pid);
  }

  // Of the exec that failed; 0: the program ran.
  int exec_errno() const { return exec_errno_; }

 private:
  // True when nothing came but calls for the supervisor, of which there may be thousands a second.
  bool wait_for_something() {
    // poll(2) leaves out what is no descriptor.
    std::vector<pollfd> fds = {
        {signals_.fd(), POLLIN, 0}, {channel_.outer(), POLLIN, 0}, {group_.event(), POLLIN, 0}};
    for (const int fd : options_.wake_fds)
      fds.push_back({fd, POLLIN, 0});
    const std::size_t others = fds.size();
    if (supervisor_ != nullptr)
      for (const int fd : supervisor_->fds())
        fds.push_back({fd, POLLIN, 0});
    ::poll(fds.data(), fds.size(), timeout_ms());
    if (fds[1].revents != 0) hear();
    if (fds[2].revents != 0) {
      group_.took_event();
      short_of_memory_until_ns_ = os::monotonic_ns() + kShortOfMemoryNs;
    }
    const auto came = [](const pollfd& one) { return one.revents != 0; };
    const bool calls = std::any_of(fds.begin() + static_cast<std::ptrdiff_t>(others), fds.end(), came);
    if (calls && !exit_) supervisor_->serve();
    return calls && std::none_of(fds.begin(), fds.begin() + static_cast<std::ptrdiff_t>(others), came);
  }

  void tick() {
    next_tick_ns_ =
        os::monotonic_ns() + std::int64_t{std::clamp(options_.tick_ms, 1, kTickMsMax)} * 1'000'000;
    options_.on_tick(*this);
  }

  int timeout_ms() const {
    const bool every_second = limits_.disk_bytes > 0 || supervisor_ != nullptr;
    std::int64_t left_ms = every_second ? kDiskLookNs / 1'000'000 : kForeverMs;
    if (watch_) left_ms = std::min(left_ms, (next_watch_ns_ - os::monotonic_ns()) / 1'000'000 + 1);
    if (short_of_memory()) left_ms = std::min<std::int64_t>(left_ms, kShortOfMemoryLookMs);
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

  // The kernel tells that memory is short before it ends somebody for it, and often need not.
  bool short_of_memory() const { return os::monotonic_ns() < short_of_memory_until_ns_; }

  // The kernel may have ended any of them, the one that would tell us included.
  void out_of_memory() {
    if (auto why = group_.out_of_memory(limits_)) end_because(*std::move(why));
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
    ::kill(first_.inner(), signal);
  }

  void look() {
    if (short_of_memory()) out_of_memory();
    if (exit_) return;
    if (supervisor_ != nullptr && os::monotonic_ns() >= next_sweep_ns_) {
      next_sweep_ns_ = os::monotonic_ns() + kSweepNs;
      supervisor_->sweep();
    }
    if (watch_ && os::monotonic_ns() >= next_watch_ns_) {
      next_watch_ns_ = os::monotonic_ns() + kWatchNs;
      if (const auto breaches = watch_->breaches(); !breaches.empty())
        return end_because("a wall no longer stands: " + breaches.front());
    }
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

  Supervisor* supervisor_;
  const PodLimits& limits_;
  const PodOptions& options_;
  const PodChannel& channel_;
  const SignalSource& signals_;
  Terminal& terminal_;
  ControlGroup& group_;
  FirstProcess& first_;
  std::vector<std::string> written_;  // directories that count as disk
  std::optional<os::Exit> exit_;
  std::string ended_because_;
  int exec_errno_ = 0;
  std::int64_t began_ns_ = 0;
  std::int64_t next_disk_look_ns_ = 0;
  std::int64_t next_sweep_ns_ = 0;
  std::optional<PodWatch> watch_;
  std::int64_t next_watch_ns_ = 0;
  std::int64_t next_tick_ns_ = 0;
  std::int64_t short_of_memory_until_ns_ = 0;
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
    const auto names =
        dir ? changes::names_in(dir.get(), 1) : Result<std::vector<std::string>>(fail("closed"));
    if (dir && (!names || !names->empty())) ::syncfs(dir.get());
  }
}

// The one child that the first process has while it waits for the word to go; 0 when it has gone.
pid_t program_below(pid_t first) {
  for (const auto& process : Tree(first).members())
    if (process.ppid == first) return process.pid;
  return 0;
}

// Directories shown read-only in which nothing writable is mounted.
std::vector<std::string> fixed_directories(const PodPlan& plan) {
  std::vector<std::string> fixed;
  for (const auto& mount : plan.mounts)
    if (mount.kind == PodMount::Kind::read_only &&
        std::ranges::none_of(plan.mounts, [&](const PodMount& inner) {
          return inner.kind != PodMount::Kind::read_only && inner.at.starts_with(mount.at + "/");
        }))
      fixed.push_back(mount.at);
  return fixed;
}

// What becomes the program has loaded the filter that notifies, and its exec is the first call that waits.
Result<std::unique_ptr<Supervisor>> supervise(const PodPlan& plan, const PodOptions& options, pid_t program,
                                              const Birth& birth) {
  if (!plan.spec.supervised) return nullptr;
  TRY(auto listener, birth.channel.hear_listeners());
  const auto living = [first = birth.first.pid()] {
    std::vector<pid_t> pids;
    for (const auto& process : Tree(first).members())
      pids.push_back(process.pid);
    return pids;
  };
  return Supervisor::create({.listener = std::move(listener[0]),
                             .program = program,
                             .network = plan.spec.network,
                             .listeners = plan.spec.listeners,
                             .callbacks = options.supervise,
                             .way_out = options.way_out,
                             .living = living,
                             .plan = plan,
                             .direct = options.direct,
                             .watch = plan.spec.watch,
                             .fixed = fixed_directories(plan)});
}

// What the kernel keeps for the pod as a whole: nothing unless its first process is in the group.
GroupKept keep_in_group(const PodLimits& limits, Birth& birth) {
  if (!birth.group.exists()) return {};
  // Said before anything else, by one that had to join.
  if (birth.group.into() < 0) {
    const auto joined = birth.channel.hear();
    if (!joined || joined->kind != 'J' || joined->text != "1") return {};
  }
  return birth.group.holds(birth.first.pid()) ? birth.group.limit(limits) : GroupKept();
}

struct Begun {
  PodReport report;
  std::unique_ptr<Supervisor> supervisor;  // of a supervised pod
};

// The walls stand; the caller agrees; the program starts. After an Error nothing has run.
Result<Begun> begin(const PodPlan& plan, const PodCanary& canary, const PodOptions& options, Birth& birth) {
  birth.channel.tell_all(encode(plan, canary, keep_in_group(plan.spec.limits, birth)));
  birth.channel.tell_all(encode(plan.launcher == Launcher::landlock ? sealed_filter() : pod_filter()));
  if (plan.spec.supervised)
    birth.channel.tell_all(encode(supervised_filter(plan.spec.watch, direct_workspace(plan) != nullptr)));
  if (!plan.spec.listeners.empty()) {
    TRY(auto listeners, birth.channel.hear_listeners());
    if (options.on_listeners) TRY_STATUS(options.on_listeners(std::move(listeners)));
  }
  if (!plan.spec.published.empty()) {
    TRY(auto link, birth.channel.hear_listeners());
    if (options.on_inbound) TRY_STATUS(options.on_inbound(std::move(link[0])));
  }
  auto heard = birth.channel.hear_report();
  if (!heard && plan.launcher == Launcher::bwrap && heard.error().code == ErrorCode::internal)
    return fail(ErrorCode::unavailable, "bubblewrap could not make the pod; its reason stands before this",
                "bwrap");
  TRY(PodReport report, std::move(heard));
  report.launcher = plan.launcher;
  if (plan.launcher == Launcher::bwrap) birth.first.find_inner();
  TRY_STATUS(check_level(plan, report));
  const bool asked = options.on_ready || plan.spec.supervised;
  const pid_t program = asked ? program_below(birth.first.inner()) : 0;
  if (options.on_ready) TRY_STATUS(options.on_ready({report, program}));
  birth.terminal.give_to(birth.first.pid());
  if (!birth.channel.tell('g'))
    return fail(ErrorCode::internal, "the pod ended before its program started", "pod");
  TRY(auto supervisor, supervise(plan, options, program, birth));
  return Begun{std::move(report), std::move(supervisor)};
}

// In the process that was born for it.
Result<PodResult> launch_here(Birth& birth, const PodPlan& plan, const PodOptions& options) {
  TRY_STATUS(birth.born);
  PodCanary canary = make_pod_canary(plan);
  auto begun_now = begin(plan, canary, options, birth);
  remove_pod_canary(canary);
  if (!begun_now) return std::unexpected(std::move(begun_now.error()));
  PodResult result;
  result.report = std::move(begun_now->report);
  Supervision supervision(plan, options, birth, begun_now->supervisor.get(),
                          result.report.level() == Level::L3);
  supervision.run(result);
  if (begun_now->supervisor) {
    result.supervised = begun_now->supervisor->count();
    result.direct = begun_now->supervisor->direct_report();
  }
  birth.terminal.take_back();
  open_changes(plan);
  if (supervision.exec_errno() != 0)
    return std::unexpected(exec_error(plan.spec.argv[0], supervision.exec_errno()));
  flush_changes(plan);
  return result;
}

// What a person should know of the copy.
std::vector<std::string> notes_of(const WorkingCopy& copy, const std::string& why) {
  std::vector<std::string> notes = {"the workspace was a copy: " + why};
  if (const auto& out = copy.left_out(); !out.empty())
    notes.push_back("not in the copy, since it could not be read: " + printable(out.front(), 200) +
                    (out.size() > 1 ? " and others" : ""));
  return notes;
}

// By a launcher that has no overlay: the workspace is a copy, and what became of it is written as the overlay
// would have it.
Result<PodResult> launch_elsewhere(Launcher launcher, Birth& birth, const PodPlan& plan,
                                   const PodOptions& options, const std::string& why) {
  TRY(const PodMount workspace, workspace_of(plan));
  TRY(const auto copy, WorkingCopy::make(workspace));
  PodPlan theirs =
      launcher == Launcher::landlock ? landlock_plan(plan, *copy) : copied_plan(launcher, plan, *copy);
  theirs.scratch = copy->scratch();
  TRY_STATUS(birth.again(theirs));
  auto done = launch_here(birth, theirs, options);
  if (!done) return done;
  done->report.notes = notes_of(*copy, why);
  TRY_STATUS(copy->take_changes());
  open_changes(plan);
  flush_changes(plan);
  return done;
}

}  // namespace

Result<PodResult> launch_pod(const PodBirth& begun, const PodPlan& plan, const PodOptions& options) {
  Birth& birth = begun.birth();
  const Launcher asked = plan.spec.launcher;
  if (asked == Launcher::any || asked == Launcher::own) {
    auto done = launch_here(birth, plan, options);
    if (done || done.error().code != ErrorCode::unavailable) return done;
    if (is_overlay_missing(done.error()))
      return launch_elsewhere(Launcher::own, birth, plan, options, done.error().what);
    if (asked == Launcher::own || namespaces_work()) return done;
    TRY(const Launcher other, other_launcher(plan, done.error()));
    return launch_elsewhere(other, birth, plan, options, "this host lets Weir make no namespaces");
  }
  TRY_STATUS(can_launch(asked, plan));
  return launch_elsewhere(asked, birth, plan, options, "--launcher " + std::string(name(asked)));
}

Result<PodResult> launch_pod(const PodPlan& plan, const PodOptions& options) {
  return launch_pod(PodBirth(), plan, options);
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
