#include "pod/subreaper.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "pod/tree.h"

namespace weir::pod {

Subreaper::Subreaper() {
  ::prctl(PR_GET_CHILD_SUBREAPER, &before_, 0, 0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Subreaper::~Subreaper() {
  ::prctl(PR_SET_CHILD_SUBREAPER, static_cast<unsigned long>(before_), 0, 0, 0);
}

std::vector<pid_t> children_now() {
  std::vector<pid_t> pids;
  for (const auto& process : Tree(::getpid()).members())
    if (process.ppid == ::getpid()) pids.push_back(process.pid);
  return pids;
}

void reap_others(const std::vector<pid_t>& apart) {
  for (;;) {
    siginfo_t ended{};
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
    // One of those: it is told first again and again, and whoever waits for it is not to be robbed.
    if (std::find(apart.begin(), apart.end(), ended.si_pid) != apart.end()) return;
    ::waitpid(ended.si_pid, nullptr, 0);
  }
}

}  // namespace weir::pod
