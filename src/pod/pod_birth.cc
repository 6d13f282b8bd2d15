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

Status begin(Birth& birth) {
  TRY_STATUS(check_standard_descriptors());
  TRY(birth.channel, PodChannel::make());
  PodStart start{birth.channel, birth.terminal.mode(), ::geteuid(), ::getegid()};
  const pid_t pid = clone_into_namespaces();
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
