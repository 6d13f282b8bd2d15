#include "cli/batch_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/files.h"
#include "pod/signal_source.h"

namespace weir::cli {
namespace {

constexpr int kFailed = 125;
constexpr std::int64_t kGraceNs = 2'000'000'000;
constexpr int kLookMs = 100;

bool redirect(const std::string& file, int to) {
  const os::Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  return fd && ::dup2(fd.get(), to) == to;
}

}  // namespace

BatchRun::BatchRun(const changes::BatchStore& store, const changes::Batch& batch,
                   std::function<int(std::size_t task)> work)
    : store_(store), batch_(batch), work_(std::move(work)) {}

void BatchRun::become_task(std::size_t task, pid_t parent) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(kFailed);
  ::setpgid(0, 0);
  const os::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing || ::dup2(nothing.get(), STDIN_FILENO) != STDIN_FILENO ||
      !redirect(store_.output_file(batch_, task), STDOUT_FILENO) ||
      !redirect(store_.errors_file(batch_, task), STDERR_FILENO))
    ::_exit(kFailed);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::_exit(work_(task));
}

void BatchRun::start(std::size_t task) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become_task(task, parent);
  if (pid > 0)
    running_[pid] = task;
  else
    (void)store_.write(batch_, task, {.ended = true, .exit = kFailed, .error = "no process can be started"});
}

void BatchRun::reap(const std::function<void(std::size_t task)>& ended) {
  for (auto one = running_.begin(); one != running_.end();) {
    int status = 0;
    if (::waitpid(one->first, &status, WNOHANG) != one->first) {
      ++one;
      continue;
    }
    const std::size_t task = one->second;
    one = running_.erase(one);
    // Killed before it could tell: by us, or by somebody else.
    if (auto outcome = store_.outcome(batch_, task); !outcome.ended) {
      outcome.ended = true;
      outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      outcome.exit = outcome.signal != 0 ? 128 + outcome.signal : kFailed;
      outcome.ended_because = "its supervisor ended before its time";
      outcome.changed = !outcome.pod.empty();
      (void)store_.write(batch_, task, outcome);
    }
    ended(task);
  }
}

void BatchRun::signal_all(int signal) const {
  for (const auto& [pid, task] : running_)
    ::kill(pid, signal);
}

BatchEnd BatchRun::all(std::size_t jobs, const std::function<void(std::size_t task)>& ended) {
  const pod::SignalSource signals;
  BatchEnd end;
  std::size_t next = 0;
  std::int64_t kill_at_ns = 0;
  while (!running_.empty() || (end.signal == 0 && next < batch_.tasks.size())) {
    while (end.signal == 0 && next < batch_.tasks.size() && running_.size() < jobs)
      start(next++);
    pollfd fds[] = {{signals.fd(), POLLIN, 0}};
    ::poll(fds, 1, kLookMs);
    while (const auto info = signals.next()) {
      if (info->ssi_signo == SIGCHLD || info->ssi_signo == SIGUSR1 || info->ssi_signo == SIGUSR2) continue;
      if (end.signal == 0) kill_at_ns = os::monotonic_ns() + kGraceNs;
      end.signal = static_cast<int>(info->ssi_signo);
      signal_all(SIGTERM);
    }
    if (kill_at_ns != 0 && os::monotonic_ns() >= kill_at_ns) signal_all(SIGKILL);
    reap(ended);
  }
  return end;
}

}  // namespace weir::cli
