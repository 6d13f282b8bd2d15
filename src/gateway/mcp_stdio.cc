#include "gateway/mcp_stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <mutex>
#include <thread>

#include "os/clock.h"
#include "os/fd.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::gateway {
namespace {

constexpr std::int64_t kGraceNs =
    2'000'000'000;  // the specification: close its input, wait, SIGTERM, wait, SIGKILL
constexpr std::size_t kReadBytes = 65536;

// Lines of a descriptor, each handed on without its end. Ends at the end of file, a line that is too long, or
// `stop`.
void read_lines(int fd, const std::atomic<bool>& stop, const std::function<void(std::string_view)>& line) {
  std::string waiting;
  std::size_t looked = 0;
  std::string buffer(kReadBytes, '\0');
  while (!stop) {
    pollfd one{fd, POLLIN, 0};
    constexpr int kLookMs = 200;
    if (::poll(&one, 1, kLookMs) <= 0) continue;
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return;
    waiting.append(buffer, 0, static_cast<std::size_t>(n));
    for (std::size_t end = waiting.find('\n', looked); end != std::string::npos; end = waiting.find('\n')) {
      std::string_view whole = std::string_view(waiting).substr(0, end);
      if (whole.ends_with('\r')) whole.remove_suffix(1);
      if (!whole.empty()) line(whole);
      waiting.erase(0, end + 1);
    }
    looked = waiting.size();
    if (waiting.size() > mcp::kMessageBytesMax) return;
  }
}

// Both directions write to both ends: whole lines, one at a time.
class Lines {
 public:
  explicit Lines(int fd) : fd_(fd) {}
  void write(const std::vector<std::string>& messages) {
    const std::lock_guard lock(mutex_);
    for (const auto& message : messages)
      if (fd_ >= 0 && !os::write_all(fd_, message + "\n")) fd_ = -1;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    fd_ = -1;
  }

 private:
  std::mutex mutex_;
  int fd_;
};

struct Server {
  pid_t pid = 0;
  os::Fd in;
  os::Fd out;
};

Result<Server> start(const std::vector<std::string>& argv) {
  const auto program = os::find_program(argv.front());
  if (!program)
    return fail(ErrorCode::not_found, "no such program", argv.front(), "name the server's program");
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0) return std::unexpected(os::errno_error("no pipe", "mcp", errno));
  Server server{.pid = 0, .in = os::Fd(in[1]), .out = {}};
  const os::Fd its_in(in[0]);
  if (::pipe2(out, O_CLOEXEC) != 0) return std::unexpected(os::errno_error("no pipe", "mcp", errno));
  server.out = os::Fd(out[0]);
  const os::Fd its_out(out[1]);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, its_in.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, its_out.get(), 1);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  std::vector<char*> words;
  for (const auto& word : argv)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int failed =
      ::posix_spawn(&server.pid, program->c_str(), &actions, &attributes, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0)
    return std::unexpected(os::errno_error("the server cannot be started", argv.front(), failed));
  return server;
}

// Waits up to kGraceNs for the process; its exit code.
std::optional<int> ended(pid_t pid, std::int64_t grace_ns) {
  const std::int64_t until = os::monotonic_ns() + grace_ns;
  while (true) {
    int status = 0;
    const pid_t gone = ::waitpid(pid, &status, WNOHANG);
    if (gone == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (os::monotonic_ns() >= until) return std::nullopt;
    constexpr useconds_t kNapUs = 5000;
    ::usleep(kNapUs);
  }
}

int end(pid_t pid) {
  auto code = ended(pid, kGraceNs);
  if (!code) {
    ::kill(-pid, SIGTERM);
    code = ended(pid, kGraceNs);
  }
  ::kill(-pid, SIGKILL);  // what it left behind, too
  if (!code) code = ended(pid, kGraceNs);
  return code.value_or(128 + SIGKILL);
}

}  // namespace

Result<int> run_mcp_stdio(McpStdio setup) {
  TRY(Server server, start(setup.argv));
  Lines to_client(setup.out);
  Lines to_server(server.in.get());
  std::atomic<bool> over = false;
  const auto pass = [&](const McpRelay::Passed& passed) {
    to_server.write(passed.to_server);
    to_client.write(passed.to_client);
  };
  std::thread from_server([&] {
    read_lines(server.out.get(), over, [&](std::string_view line) { pass(setup.relay.from_server(line)); });
    over = true;  // without a server there is nothing to ask
  });
  read_lines(setup.in, over, [&](std::string_view line) { pass(setup.relay.from_client(line)); });
  to_server.close();
  server.in = os::Fd();
  const int code = end(server.pid);
  over = true;
  from_server.join();
  return code;
}

}  // namespace weir::gateway
