#include "os/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "os/clock.h"
#include "os/files.h"

extern char** environ;

namespace weir::os {
namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(errno_error("cannot make a pipe", {}, errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::vector<std::string> environment_list(const ChildOptions& options) {
  std::vector<std::string> list;
  if (options.env)
    for (const auto& [name, value] : *options.env)
      list.push_back(name + "=" + value);
  else
    for (char** entry = environ; *entry != nullptr; ++entry)
      list.emplace_back(*entry);
  return list;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts)
    list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// In the child after fork: only async-signal-safe calls.
[[noreturn]] void become(const ChildOptions& options, const std::string& program, char** argv, char** env,
                         int in, int out, int err) {
  ::setpgid(0, 0);
  ::dup2(in, 0);
  if (!options.inherit_output) {
    ::dup2(out, 1);
    ::dup2(err, 2);
  }
  if (options.only_standard) ::close_range(3, ~0U, 0);
  if (!options.cwd.empty() && ::chdir(options.cwd.c_str()) != 0) ::_exit(126);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program.c_str(), argv, env);
  ::_exit(127);
}

void append_limited(std::string& to, const char* bytes, std::size_t count, std::size_t bytes_max) {
  if (to.size() < bytes_max) to.append(bytes, std::min(count, bytes_max - to.size()));
}

// A child that ends before it has read its input would end us, too, where nobody ignores SIGPIPE. Changing
// that for the whole process is not for a library, so this thread looks away and takes the signal back.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec none{};
    if (!was_pending_)
      while (::sigtimedwait(&pipe_, nullptr, &none) < 0 && errno == EINTR) {
      }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

bool is_told_to_stop(const ChildOptions& options) {
  return options.stop != nullptr && options.stop->load();
}

// Feeds standard input and collects output until both ends close or time is up; true when in time.
bool pump(Fd& in, Fd& out, Fd& err, const ChildOptions& options, std::int64_t deadline_ns,
          ChildResult& result) {
  const NoBrokenPipe no_broken_pipe;
  const std::int64_t wait_ms_max = options.stop != nullptr ? 50 : 1000;
  std::string_view input = options.input;
  if (input.empty()) in.reset();
  while (in || out || err) {
    const std::int64_t left_ms = (deadline_ns - monotonic_ns()) / 1'000'000;
    const bool too_much = options.output_ends_it && result.out.size() > options.output_bytes_max;
    if (left_ms <= 0 || too_much || is_told_to_stop(options)) return false;
    pollfd fds[3] = {{in.get(), POLLOUT, 0}, {out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}};
    if (::poll(fds, 3, static_cast<int>(std::min(left_ms, wait_ms_max))) < 0 && errno != EINTR) return false;
    if (in && fds[0].revents != 0) {
      const ssize_t n = ::write(in.get(), input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
      if ((n < 0 && errno != EINTR && errno != EAGAIN) || input.empty()) in.reset();
    }
    for (const int i : {1, 2}) {
      Fd& fd = i == 1 ? out : err;
      if (!fd || fds[i].revents == 0) continue;
      char buffer[16384];
      const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
      if (n > 0)
        append_limited(i == 1 ? result.out : result.err, buffer, static_cast<std::size_t>(n),
                       options.output_bytes_max + (options.output_ends_it ? 1 : 0));
      else if (n == 0 || errno != EINTR)
        fd.reset();
    }
  }
  return true;
}

Exit decode(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

// Its number stays its own, and its group's, until it is waited for.
bool has_ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

// Waits for `child` until the deadline, then kills its group; true when it ended by itself.
bool reap(pid_t child, bool in_time, std::int64_t deadline_ns, const ChildOptions& options, Exit& exit) {
  int status = 0;
  while (in_time && !has_ended(child)) {
    in_time = monotonic_ns() < deadline_ns && !is_told_to_stop(options);
    if (in_time) ::usleep(500);
  }
  if (!in_time || options.whole_group) ::kill(-child, SIGKILL);
  if (!in_time) ::kill(child, SIGKILL);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  exit = decode(status);
  return in_time;
}

}  // namespace

Result<ChildResult> run_child(const ChildOptions& options) {
  CHECK(!options.argv.empty());
  const auto program = find_program(options.argv[0]);
  if (!program)
    return fail(ErrorCode::not_found, "no such program", options.argv[0], "install it or correct PATH");
  TRY(Pipe in, make_pipe());
  TRY(Pipe out, make_pipe());
  TRY(Pipe err, make_pipe());
  auto argv_text = options.argv;
  auto env_text = environment_list(options);
  const auto argv = pointers(argv_text);
  const auto env = pointers(env_text);
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(errno_error("cannot start", options.argv[0], errno));
  if (child == 0)
    become(options, *program, const_cast<char**>(argv.data()), const_cast<char**>(env.data()), in.read.get(),
           out.write.get(), err.write.get());
  in.read.reset();
  out.write.reset();
  err.write.reset();
  if (options.inherit_output) {
    out.read.reset();
    err.read.reset();
  }
  ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  ChildResult result;
  const std::int64_t deadline_ns = monotonic_ns() + std::int64_t{options.timeout_ms} * 1'000'000;
  const bool in_time = pump(in.write, out.read, err.read, options, deadline_ns, result);
  result.timed_out = !reap(child, in_time, deadline_ns, options, result.exit);
  return result;
}

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return std::nullopt;
  }
  const std::string path = env_or("PATH", "/usr/local/bin:/usr/bin:/bin");
  for (const auto dir : split(path, ':')) {
    std::string candidate = (dir.empty() ? std::string(".") : std::string(dir)) + "/" + name;
    const auto info = file_info(resolve_path(candidate));
    if (info && info->kind == FileInfo::Kind::file && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

std::int64_t ns_of_ticks(std::uint64_t start_ticks) {
  static const std::int64_t kTickNs = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  return static_cast<std::int64_t>(start_ticks) * kTickNs;
}

std::optional<ProcessInfo> process_info(pid_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!text) return std::nullopt;
  // "pid (comm) state ppid ...": comm may hold anything, so fields are counted after the last ')'.
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 >= text->size())
    return std::nullopt;
  const auto fields = split(std::string_view(*text).substr(close + 2), ' ');
  constexpr std::size_t kPpid = 1;
  constexpr std::size_t kStart = 19;
  if (fields.size() <= kStart) return std::nullopt;
  ProcessInfo info;
  info.pid = pid;
  info.name = text->substr(open + 1, close - open - 1);
  std::from_chars(fields[kPpid].data(), fields[kPpid].data() + fields[kPpid].size(), info.ppid);
  std::from_chars(fields[kStart].data(), fields[kStart].data() + fields[kStart].size(), info.start_ticks);
  return info;
}

std::vector<ProcessInfo> ancestry(pid_t pid) {
  std::vector<ProcessInfo> chain;
  constexpr std::size_t kAncestorsMax = 64;
  while (pid > 0 && chain.size() < kAncestorsMax) {
    const auto info = process_info(pid);
    if (!info) break;
    chain.push_back(*info);
    pid = info->ppid;
  }
  return chain;
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string("unknown");
}

std::string self_path() {
  char buffer[4096];
  const ssize_t n = ::readlink("/proc/self/exe", buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
}

// By itself glibc raises the threshold each time that a large block is freed, to 32 MiB in the end, and
// blocks below it lie between small ones that stay.
void keep_large_blocks_apart() {
  constexpr int kLargeBytes = 256 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);
}

void return_free_memory() {
  ::malloc_trim(0);
}

void harden_self() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> map;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto at = text.find('=');
    if (at != std::string_view::npos) map.emplace(text.substr(0, at), text.substr(at + 1));
  }
  return map;
}

std::string env_or(const char* name, std::string_view fallback) {
  const char* value = ::getenv(name);
  return value != nullptr && *value != 0 ? std::string(value) : std::string(fallback);
}

}  // namespace weir::os
