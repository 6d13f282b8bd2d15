#include "pod/pod_birth.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "os/files.h"
#include "pod/bwrap_place.h"
#include "pod/pod_init.h"
#include "pod/pod_inside.h"
#include "pod/pod_launch.h"
#include "pod/program.h"
#include "pod/runsc_bundle.h"

namespace weir::pod {
namespace {

// The rest the first process makes itself (pod_init.cc), while the plan of the pod is still being made.
constexpr std::uint64_t kNamespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID;

// As fork, into new namespaces and, where it can be had, a control group.
pid_t clone_into(std::uint64_t namespaces, ControlGroup& group) {
  clone_args args{};
  args.flags = namespaces;
  args.exit_signal = SIGCHLD;
  if (group.into() >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(group.into());
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
    if (pid >= 0) return pid;
    // The group's own rules refused it (or namespaces do, then so does what follows).
    group = {};
    args.flags = namespaces;
    args.cgroup = 0;
  }
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

// Without namespaces. A container may know no clone3(2).
pid_t fork_into(ControlGroup& group) {
  const pid_t pid = clone_into(0, group);
  return pid < 0 ? ::fork() : pid;
}

Error no_namespaces(int error_number) {
  Error error = os::errno_error("the namespaces of a pod are not available", "clone3", error_number);
  error.code = ErrorCode::unavailable;
  error.hint =
      "allow unprivileged user namespaces (kernel.unprivileged_userns_clone=1, user.max_user_namespaces); a "
      "container must allow them, too";
  return error;
}

Status begin(Birth& birth) {
  TRY_STATUS(check_standard_descriptors());
  TRY(birth.channel, PodChannel::make());
  birth.group = ControlGroup::make(find_group_place(this_host()));
  PodStart start{birth.channel, birth.group, birth.terminal.mode(), ::geteuid(), ::getegid()};
  const pid_t pid = clone_into(kNamespaces, birth.group);
  if (pid < 0) return std::unexpected(no_namespaces(errno));
  if (pid == 0) become_pod_init(start);
  birth.first.set(pid);
  if (birth.terminal.mode() == GroupMode::foreground) ::setpgid(pid, pid);  // whoever of us comes first
  birth.channel.keep_outer();
  return {};
}

// As begin(), without namespaces.
Status begin_alone(Birth& birth) {
  TRY_STATUS(check_standard_descriptors());
  TRY(birth.channel, PodChannel::make());
  birth.group = ControlGroup::make(find_group_place(this_host()));
  PodStart start{birth.channel, birth.group, birth.terminal.mode(), ::geteuid(), ::getegid()};
  start.launcher = Launcher::landlock;
  std::vector<pid_t> apart = children_now();
  const pid_t pid = fork_into(birth.group);
  if (pid < 0) return std::unexpected(os::errno_error("cannot start a process", "fork", errno));
  if (pid == 0) become_pod_init(start);
  birth.first.set(pid, std::move(apart));
  if (birth.terminal.mode() == GroupMode::foreground) ::setpgid(pid, pid);
  birth.channel.keep_outer();
  return {};
}

// Becomes bubblewrap, which becomes the pod's first process.
[[noreturn]] void become_bwrap(const PodChannel& channel, GroupMode mode, const BwrapCommand& command) {
  if (mode == GroupMode::own)
    ::setsid();
  else if (mode == GroupMode::foreground)
    ::setpgid(0, 0);
  reset_signals();
  ::fcntl(channel.inner(), F_SETFD, 0);
  const int failed = execute(command.argv[0], command.argv, {{"PATH", "/usr/bin:/bin"}});
  channel.say_report(std::unexpected(os::errno_error("cannot start bubblewrap", command.argv[0], failed)));
  ::_exit(127);
}

Status begin_bwrap(Birth& birth, const PodPlan& plan) {
  TRY_STATUS(check_standard_descriptors());
  TRY(const std::string bwrap, find_bwrap());
  TRY(const std::string program, inside_program());
  TRY(birth.channel, PodChannel::make());
  const GroupMode mode = birth.terminal.mode();
  TRY(const BwrapCommand command,
      bwrap_command(plan, bwrap, program,
                    {std::string(kPodInsideArgument), std::to_string(birth.channel.inner()),
                     std::to_string(static_cast<int>(mode))}));
  birth.group = ControlGroup::make(find_group_place(this_host()));
  if (birth.group.into() < 0) birth.group = {};  // of version 1 are joined by who knows of them
  const pid_t pid = fork_into(birth.group);
  if (pid < 0) return std::unexpected(os::errno_error("cannot start a process", "fork", errno));
  if (pid == 0) become_bwrap(birth.channel, mode, command);
  birth.first.set(pid);
  if (mode == GroupMode::foreground) ::setpgid(pid, pid);
  birth.channel.keep_outer();
  return {};
}

[[noreturn]] void become_runsc(GroupMode mode, const std::vector<std::string>& words) {
  if (mode == GroupMode::own)
    ::setsid();
  else if (mode == GroupMode::foreground)
    ::setpgid(0, 0);
  reset_signals();
  close_descriptors(STDERR_FILENO);
  const int failed = execute(words[0], words, {{"PATH", "/usr/bin:/bin"}});
  (void)failed;
  ::_exit(127);
}

Status begin_runsc(Birth& birth, const PodPlan& plan) {
  TRY_STATUS(check_standard_descriptors());
  TRY(const std::string runsc, find_runsc());
  TRY(const std::string program, inside_program());
  const GroupMode mode = birth.terminal.mode();
  TRY_STATUS(
      make_runsc_bundle(plan, plan.scratch, program,
                        {std::string(kPodInsideArgument), "runsc", std::to_string(static_cast<int>(mode))}));
  TRY(const os::Fd listener, listen_for_runsc(plan.scratch));
  birth.group = {};
  std::vector<pid_t> apart = children_now();
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(os::errno_error("cannot start a process", "fork", errno));
  if (pid == 0) become_runsc(mode, runsc_words(runsc, plan.scratch));
  birth.first.set(pid, std::move(apart));
  if (mode == GroupMode::foreground) ::setpgid(pid, pid);
  TRY(os::Fd connection, accept_from_runsc(listener, plan.scratch, pid));
  birth.channel = PodChannel::outside(std::move(connection));
  return {};
}

Status begin_other(Birth& birth, const PodPlan& plan) {
  if (plan.launcher == Launcher::bwrap) return begin_bwrap(birth, plan);
  return plan.launcher == Launcher::runsc ? begin_runsc(birth, plan) : begin_alone(birth);
}

}  // namespace

void FirstProcess::find_inner() {
  for (const auto& process : Tree(pid_).members())
    if (process.ppid == pid_) inner_ = process.pid;
  if (inner_ > 0) inner_handle_ = os::Fd(static_cast<int>(::syscall(SYS_pidfd_open, inner_, 0)));
}

// The namespace ends with it, which its parent is told of when no other process of it is left.
void FirstProcess::end_inner() {
  constexpr int kPatienceMs = 10'000;
  if (!inner_handle_) return;
  ::syscall(SYS_pidfd_send_signal, inner_handle_.get(), SIGKILL, nullptr, 0);
  pollfd ended{inner_handle_.get(), POLLIN, 0};
  ::poll(&ended, 1, kPatienceMs);
  inner_handle_.reset();
  inner_ = -1;
}

void FirstProcess::set(pid_t pid, std::vector<pid_t> apart) {
  pid_ = pid;
  apart_ = std::move(apart);
  subreaper_.emplace();
}

void FirstProcess::end() {
  if (pid_ <= 0) return;
  end_inner();
  if (apart_) (void)Tree(::getpid(), *apart_).kill();
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (apart_) reap_others(*apart_);
  subreaper_.reset();
  apart_.reset();
  pid_ = -1;
}

Birth::Birth() {
  born = begin(*this);
}

Status Birth::again(const PodPlan& plan) {
  first.end();
  if (plan.launcher == Launcher::own)
    born = begin(*this);
  else
    born = begin_other(*this, plan);
  return born;
}

PodBirth::PodBirth() : birth_(std::make_unique<Birth>()) {}
PodBirth::~PodBirth() = default;

}  // namespace weir::pod
