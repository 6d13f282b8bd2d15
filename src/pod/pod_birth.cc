#include "pod/pod_birth.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "os/files.h"
#include "pod/pod_init.h"
#include "pod/pod_launch.h"
#include "pod/program.h"

namespace weir::pod {
namespace {

constexpr std::uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// As fork, into new namespaces and, where it can be had, a control group.
pid_t clone_into_namespaces(ControlGroup& group) {
  clone_args args{};
  args.flags = kNamespaces;
  args.exit_signal = SIGCHLD;
  if (group.into() >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(group.into());
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
    if (pid >= 0) return pid;
    // The group's own rules refused it (or namespaces do, then so does what follows).
    group = {};
    args.flags = kNamespaces;
    args.cgroup = 0;
  }
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

Status begin(Birth& birth) {
  TRY_STATUS(check_standard_descriptors());
  TRY(birth.channel, PodChannel::make());
  birth.group = ControlGroup::make(find_group_place(this_host()));
  PodStart start{birth.channel, birth.group, birth.terminal.mode(), ::geteuid(), ::getegid()};
  const pid_t pid = clone_into_namespaces(birth.group);
  if (pid < 0) return std::unexpected(no_namespaces(errno));
  if (pid == 0) become_pod_init(start);
  birth.first.set(pid);
  if (birth.terminal.mode() == GroupMode::foreground) ::setpgid(pid, pid);  // whoever of us comes first
  birth.channel.keep_outer();
  return {};
}

}  // namespace

void FirstProcess::end() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Birth::Birth() {
  born = begin(*this);
}

PodBirth::PodBirth() : birth_(std::make_unique<Birth>()) {}
PodBirth::~PodBirth() = default;

}  // namespace weir::pod
