#include "arena/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/limits.h"
#include "os/clock.h"
#include "os/files.h"

namespace weir::arena {
namespace {

constexpr int kPauseUs = 2000;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts)
    list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Result<Child> Child::start(const ChildStart& start) {
  int to[2];
  int from[2];
  if (::pipe2(to, O_CLOEXEC) != 0) return std::unexpected(os::errno_error("cannot make a pipe", {}, errno));
  os::Fd to_read(to[0]);
  os::Fd to_write(to[1]);
  if (::pipe2(from, O_CLOEXEC) != 0) return std::unexpected(os::errno_error("cannot make a pipe", {}, errno));
  os::Fd from_read(from[0]);
  os::Fd from_write(from[1]);
  const os::Fd log(::open(start.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log) return std::unexpected(os::errno_error("cannot write the log", start.log_file, errno));

  auto argv_text = start.argv;
  std::vector<std::string> env_text;
  for (const auto& [name, value] : start.env)
    env_text.push_back(name + "=" + value);
  const auto argv = pointers(argv_text);
  const auto env = pointers(env_text);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(os::errno_error("cannot start", start.argv[0], errno));
  if (pid == 0) {     // only async-signal-safe calls from here on
    ::setpgid(0, 0);  // Ctrl-C is for the demo, which then ends its children in order
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(to_read.get(), 0);
    ::dup2(from_write.get(), 1);
    ::dup2(log.get(), 2);
    if (!start.cwd.empty() && ::chdir(start.cwd.c_str()) != 0) ::_exit(126);
    ::execve(argv[0], const_cast<char**>(argv.data()), const_cast<char**>(env.data()));
    ::_exit(127);
  }
  Child child;
  child.pid_ = pid;
  child.in_ = std::move(to_write);
  child.out_ = std::move(from_read);
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      code_(other.code_),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      buffer_(std::move(other.buffer_)) {}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);  // its group: what a tool of the agent may have left running
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<std::string> Child::read_line(int timeout_ms) {
  const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{timeout_ms} * 1'000'000;
  while (true) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left_ms = static_cast<int>((deadline_ns - os::monotonic_ns()) / 1'000'000);
    if (left_ms <= 0) return fail(ErrorCode::unavailable, "a child process does not answer");
    pollfd one{out_.get(), POLLIN, 0};
    const int ready = ::poll(&one, 1, left_ms);
    if (ready < 0 && errno == EINTR) return fail(ErrorCode::unavailable, "interrupted");
    if (ready <= 0) continue;
    char bytes[16384];
    const ssize_t n = ::read(out_.get(), bytes, sizeof bytes);
    if (n <= 0) return fail(ErrorCode::unavailable, "a child process ended early");
    buffer_.append(bytes, static_cast<std::size_t>(n));
    if (buffer_.size() > 4 * limits::kMiB) return fail(ErrorCode::limit, "a child process writes too much");
  }
}

Status Child::write_line(std::string_view line) {
  return os::write_all(in_.get(), std::string(line) + "\n");
}

void Child::terminate() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
}

bool Child::running() {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    pid_ = -1;
    code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return pid_ > 0;
}

Result<int> Child::wait(int timeout_ms) {
  in_.reset();
  const std::int64_t deadline_ns = os::monotonic_ns() + std::int64_t{timeout_ms} * 1'000'000;
  while (running()) {
    if (os::monotonic_ns() > deadline_ns) return fail(ErrorCode::unavailable, "a child process does not end");
    ::usleep(kPauseUs);
  }
  return code_;
}

}  // namespace weir::arena
