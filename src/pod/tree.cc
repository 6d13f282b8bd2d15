#include "pod/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/limits.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/files.h"

namespace weir::pod {
namespace {

// The fields of /proc/PID/stat that matter here; false when the process is gone. Raw system calls on a fixed
// buffer: a walk over a busy machine reads thousands of these within a few milliseconds.
bool read_stat(int proc_fd, pid_t pid, TreeProcess& process) {
  char name[32];
  char* end = std::to_chars(name, name + 16, pid).ptr;
  std::memcpy(end, "/stat", 6);
  const os::Fd fd(::openat(proc_fd, name, O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  char buffer[1024];
  const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
  if (n <= 0) return false;
  const std::string_view text(buffer, static_cast<std::size_t>(n));
  // "pid (comm) state ppid ...": comm may hold blanks and parentheses, so fields count from the last ')'.
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close + 4 >= text.size())
    return false;
  process.pid = pid;
  process.name = text.substr(open + 1, close - open - 1);
  process.state = text[close + 2];
  std::string_view rest = text.substr(close + 4);
  constexpr int kStartAfterPpid = 18;  // ppid is field 4, starttime field 22 of proc_pid_stat(5)
  std::from_chars(rest.data(), rest.data() + rest.size(), process.ppid);
  for (int i = 0; i < kStartAfterPpid; ++i) {
    const auto blank = rest.find(' ');
    if (blank == std::string_view::npos) return false;
    rest.remove_prefix(blank + 1);
  }
  std::from_chars(rest.data(), rest.data() + rest.size(), process.start_ticks);
  return true;
}

struct DirClose {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

// Every process of the machine. Empty when /proc is not there.
std::vector<TreeProcess> all_processes() {
  std::vector<TreeProcess> all;
  const std::unique_ptr<DIR, DirClose> proc(::opendir("/proc"));
  if (!proc) return all;
  const int fd = ::dirfd(proc.get());
  while (const dirent* entry = ::readdir(proc.get())) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    TreeProcess process;
    if (read_stat(fd, pid, process)) all.push_back(std::move(process));
    if (all.size() >= limits::kTreeProcessesMax) break;
  }
  return all;
}

bool is_dead(char state) {
  return state == 'Z' || state == 'X' || state == 'x';
}
bool is_stopped(char state) {
  return state == 'T' || state == 't';
}

// Sends through a pidfd, after comparing the start time: the pid may have been reused since the walk.
bool send(const TreeProcess& to, int signal) {
  const os::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, to.pid, 0)));
  if (!pidfd) return false;
  const os::Fd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  TreeProcess now;
  if (!read_stat(proc.get(), to.pid, now) || now.start_ticks != to.start_ticks) return false;
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

std::unexpected<Error> no_proc() {
  return fail(ErrorCode::unavailable, "the process tree cannot be walked", "/proc", "mount /proc");
}

Result<void> need_proc() {
  if (::access("/proc/self/stat", R_OK) != 0) return no_proc();
  return {};
}

void nap() {
  ::usleep(300);
}

// Repeats: walk, signal those that `done` does not accept yet. Ends when everybody is done and a last walk
// found nobody new, or when time is up.
template <class Done>
TreeResult drive(const Tree& tree, int signal, int timeout_ms, Done done) {
  const std::int64_t start_ns = os::monotonic_ns();
  const std::int64_t deadline_ns = start_ns + std::int64_t{timeout_ms} * 1'000'000;
  std::set<std::pair<pid_t, std::uint64_t>> sent;
  TreeResult result;
  for (;;) {
    bool anybody_new = false;
    result.survivors.clear();
    for (const auto& process : tree.members()) {
      if (sent.emplace(process.pid, process.start_ticks).second) {
        anybody_new = true;
        send(process, signal);
      }
      if (!done(process)) result.survivors.push_back(process.pid);
    }
    const std::int64_t now_ns = os::monotonic_ns();
    if ((result.survivors.empty() && !anybody_new) || now_ns >= deadline_ns) {
      result.processes = sent.size();
      result.took_ns = now_ns - start_ns;
      return result;
    }
    if (!anybody_new) nap();
  }
}

}  // namespace

std::vector<TreeProcess> Tree::members() const {
  std::vector<TreeProcess> all = all_processes();
  std::unordered_map<pid_t, std::vector<std::size_t>> children;
  for (std::size_t i = 0; i < all.size(); ++i)
    children[all[i].ppid].push_back(i);
  std::vector<TreeProcess> found;
  std::unordered_set<pid_t> seen{root_};
  seen.insert(apart_.begin(), apart_.end());
  std::vector<pid_t> open{root_};
  while (!open.empty()) {
    const pid_t parent = open.back();
    open.pop_back();
    for (const std::size_t i : children[parent]) {
      if (!seen.insert(all[i].pid).second) continue;
      open.push_back(all[i].pid);
      if (!is_dead(all[i].state)) found.push_back(std::move(all[i]));
    }
  }
  return found;
}

Result<TreeResult> Tree::freeze(int timeout_ms) const {
  TRY_STATUS(need_proc());
  return drive(*this, SIGSTOP, timeout_ms, [](const TreeProcess& p) { return is_stopped(p.state); });
}

Result<TreeResult> Tree::kill(int timeout_ms) const {
  TRY_STATUS(need_proc());
  const std::int64_t start_ns = os::monotonic_ns();
  // Stopping first makes the set final; a share of the time is enough for it, the rest is for the ending.
  const TreeResult stopped =
      drive(*this, SIGSTOP, timeout_ms / 4, [](const TreeProcess& p) { return is_stopped(p.state); });
  TreeResult ended = drive(*this, SIGKILL, timeout_ms, [](const TreeProcess&) { return false; });
  ended.processes = std::max(ended.processes, stopped.processes);
  ended.took_ns = os::monotonic_ns() - start_ns;
  return ended;
}

Result<TreeResult> Tree::signal(int signal) const {
  TRY_STATUS(need_proc());
  const std::int64_t start_ns = os::monotonic_ns();
  TreeResult result;
  for (const auto& process : members())
    if (send(process, signal))
      ++result.processes;
    else
      result.survivors.push_back(process.pid);
  result.took_ns = os::monotonic_ns() - start_ns;
  return result;
}

Result<TreeResult> Tree::thaw() const {
  return signal(SIGCONT);
}

}  // namespace weir::pod
