#include "pod/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_set>

#include "base/limits.h"
#include "os/clock.h"
#include "os/fd.h"

namespace weir::pod {
namespace {

// The fields of PID's stat file that matter here; false when the process is gone. `dir` is /proc/PID. Raw
// system calls on a fixed buffer: a walk over a busy machine reads thousands of these within milliseconds.
bool read_stat(int dir, TreeProcess& process) {
  const os::Fd fd(::openat(dir, "stat", O_RDONLY | O_CLOEXEC));
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

bool is_dead(char state) {
  return state == 'Z' || state == 'X' || state == 'x';
}
// D: asleep in the kernel, where a waiting SIGSTOP is taken before the next instruction of the program. The
// parent of a vfork stays so until its child goes on, which a stopped child does not; but a fork that is
// under way is finished first, and its child begins without the signal. So D is looked at for a while.
bool is_stopped(char state) {
  return state == 'T' || state == 't' || state == 'D';
}

struct DirClose {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

using Visit = std::function<void(const TreeProcess&, int dir)>;

// One walk over /proc that calls `visit` for every living member as soon as it is known to be one, with a
// descriptor of its directory. Parents mostly come before their children; the others are found afterwards.
class Walk {
 public:
  Walk(pid_t root, const std::vector<pid_t>& apart, const Visit& visit) : visit_(visit), apart_(apart) {
    inside_.insert(root);
  }

  void run() {
    const std::unique_ptr<DIR, DirClose> proc(::opendir("/proc"));
    if (!proc) return;
    proc_fd_ = ::dirfd(proc.get());
    std::size_t count = 0;
    while (const dirent* entry = ::readdir(proc.get())) {
      if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
      if (++count > limits::kTreeProcessesMax) break;
      look_at(entry->d_name);
    }
    bool found = true;
    while (found)
      found = look_at_late_ones();
  }

 private:
  os::Fd open_dir(const char* name) const {
    return os::Fd(::openat(proc_fd_, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  bool is_apart(pid_t pid) const { return std::find(apart_.begin(), apart_.end(), pid) != apart_.end(); }

  void look_at(const char* name) {
    const os::Fd dir = open_dir(name);
    TreeProcess process;
    std::from_chars(name, name + std::strlen(name), process.pid);
    if (!dir || !read_stat(dir.get(), process) || inside_.contains(process.pid) || is_apart(process.pid))
      return;
    if (inside_.contains(process.ppid))
      take(process, dir.get());
    else
      late_.push_back(std::move(process));
  }

  // Those whose parent has turned out to be a member since; true when there was one.
  bool look_at_late_ones() {
    std::vector<TreeProcess> still_late;
    bool found = false;
    for (auto& process : late_) {
      if (!inside_.contains(process.ppid)) {
        still_late.push_back(std::move(process));
        continue;
      }
      found = true;
      const os::Fd dir = open_dir(std::to_string(process.pid).c_str());
      TreeProcess now = process;
      if (dir && read_stat(dir.get(), now) && now.start_ticks == process.start_ticks) take(now, dir.get());
    }
    late_ = std::move(still_late);
    return found;
  }

  void take(const TreeProcess& process, int dir) {
    inside_.insert(process.pid);
    if (!is_dead(process.state)) visit_(process, dir);
  }

  const Visit& visit_;
  const std::vector<pid_t>& apart_;
  std::unordered_set<pid_t> inside_;
  std::vector<TreeProcess> late_;
  int proc_fd_ = -1;
};

// pidfd_send_signal(2) takes a descriptor of /proc/PID as well as a pidfd. It stands for the process, not for
// the number: one opened before the stat file was read cannot hit a successor.
bool send(int dir, int signal) {
  return ::syscall(SYS_pidfd_send_signal, dir, signal, nullptr, 0) == 0;
}

Status need_proc() {
  if (::access("/proc/self/stat", R_OK) == 0) return {};
  return fail(ErrorCode::unavailable, "the process tree cannot be walked", "/proc", "mount /proc");
}

struct Patience {
  int quiet_walks = 1;    // in a row
  int waiting_walks = 1;  // as long as somebody is in D; 2 ms each
};

// Walks and signals until so many walks in a row found nobody new and nobody who is not `done`, or time is
// up.
template <class Done>
TreeResult drive(pid_t root, const std::vector<pid_t>& apart, int signal, int timeout_ms,
                 const Patience& patience, Done done) {
  const std::int64_t start_ns = os::monotonic_ns();
  const std::int64_t deadline_ns = start_ns + std::int64_t{timeout_ms} * 1'000'000;
  std::set<std::pair<pid_t, std::uint64_t>> sent;
  TreeResult result;
  int quiet = 0;
  int needed = 0;
  do {
    bool anybody_new = false;
    bool anybody_waits = false;
    result.survivors.clear();
    const Visit visit = [&](const TreeProcess& process, int dir) {
      const bool is_new = sent.emplace(process.pid, process.start_ticks).second;
      anybody_new |= is_new;
      anybody_waits |= process.state == 'D';
      // Again to those that have not obeyed: somebody else may have continued them in between.
      if (is_new || !done(process)) send(dir, signal);
      if (!done(process)) result.survivors.push_back(process.pid);
    };
    Walk(root, apart, visit).run();
    ++result.walks;
    quiet = !anybody_new && result.survivors.empty() ? quiet + 1 : 0;
    needed = anybody_waits ? patience.waiting_walks : patience.quiet_walks;
    // Only waiting for the kernel: leave it the processor.
    if (!anybody_new && (quiet == 0 || (anybody_waits && quiet < needed))) ::usleep(2000);
  } while (quiet < needed && os::monotonic_ns() < deadline_ns);
  result.processes = sent.size();
  result.took_ns = os::monotonic_ns() - start_ns;
  return result;
}

}  // namespace

std::vector<TreeProcess> Tree::members() const {
  std::vector<TreeProcess> found;
  const Visit visit = [&](const TreeProcess& process, int) { found.push_back(process); };
  Walk(root_, apart_, visit).run();
  return found;
}

// Two quiet walks: during the first, a process may have been created behind the reader's back by one that was
// stopped just before it was read.
Result<TreeResult> Tree::freeze(int timeout_ms) const {
  TRY_STATUS(need_proc());
  return drive(root_, apart_, SIGSTOP, timeout_ms, {.quiet_walks = 2, .waiting_walks = 20},
               [](const TreeProcess& p) { return is_stopped(p.state); });
}

// First everybody is stopped, so that nobody's code reacts to the end of another; the signal need only be
// pending for that. Then they are killed.
Result<TreeResult> Tree::kill(int timeout_ms) const {
  TRY_STATUS(need_proc());
  const std::int64_t start_ns = os::monotonic_ns();
  const TreeResult stopped =
      drive(root_, apart_, SIGSTOP, timeout_ms / 4, {}, [](const TreeProcess&) { return true; });
  TreeResult ended = drive(root_, apart_, SIGKILL, timeout_ms, {.quiet_walks = 2, .waiting_walks = 2},
                           [](const TreeProcess&) { return false; });
  ended.walks += stopped.walks;
  ended.processes = std::max(ended.processes, stopped.processes);
  ended.took_ns = os::monotonic_ns() - start_ns;
  return ended;
}

Result<TreeResult> Tree::signal(int signal) const {
  TRY_STATUS(need_proc());
  const std::int64_t start_ns = os::monotonic_ns();
  TreeResult result;
  const Visit visit = [&](const TreeProcess& process, int dir) {
    if (send(dir, signal))
      ++result.processes;
    else
      result.survivors.push_back(process.pid);
  };
  Walk(root_, apart_, visit).run();
  result.took_ns = os::monotonic_ns() - start_ns;
  return result;
}

Result<TreeResult> Tree::thaw() const {
  return signal(SIGCONT);
}

}  // namespace weir::pod
