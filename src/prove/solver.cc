#include "prove/solver.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/bytes.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/process.h"

namespace weir::prove {
namespace {

constexpr std::string_view kMarker = "weir-end-of-answer";
constexpr int kGraceMs = 2'000;  // what a solver may take beyond its own time limit before it is killed

std::vector<std::string> arguments(const SolverOptions& options, bool is_z3) {
  const std::string time = std::to_string(options.query_ms);
  if (is_z3) return {options.program, "-in", "-smt2", "-t:" + time};
  return {options.program, "--lang=smt2", "--strings-exp", "--tlimit-per=" + time};
}

// In the child after fork: only async-signal-safe calls.
[[noreturn]] void become(const char* program, char** argv, int socket, std::size_t memory_bytes_max) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit memory{memory_bytes_max, memory_bytes_max};
  ::setrlimit(RLIMIT_AS, &memory);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::dup2(socket, 0);
  ::dup2(socket, 1);
  ::dup2(socket, 2);
  sigset_t empty;
  ::sigemptyset(&empty);
  ::sigprocmask(SIG_SETMASK, &empty, nullptr);
  char locale[] = "LC_ALL=C";
  char* env[] = {locale, nullptr};
  ::execve(program, argv, env);
  ::_exit(127);
}

std::string read_version(const std::string& program) {
  const auto run = os::run_child({.argv = {program, "--version"}, .env = {}, .timeout_ms = 10'000});
  if (!run) return "unknown";
  // "This is cvc5 version 1.0.3", "Z3 version 4.8.12 - 64 bit"
  const std::string_view text = run->out;
  constexpr std::string_view kWord = "version ";
  const auto at = text.find(kWord);
  if (at == std::string_view::npos) return "unknown";
  const auto rest = text.substr(at + kWord.size());
  return printable(rest.substr(0, rest.find_first_of(" \n[")), 40);
}

}  // namespace

std::string_view name(Answer answer) {
  switch (answer) {
    case Answer::unsat:
      return "unsat";
    case Answer::sat:
      return "sat";
    case Answer::unknown:
      break;
  }
  return "unknown";
}

struct Solver::Child {
  SolverOptions options;
  std::string path;     // of the program
  std::string version;  // with its name
  bool is_z3 = false;
  pid_t pid = -1;
  os::Fd socket;
  std::size_t questions = 0;
  std::string refused;  // what a child said of a malformed script before it ended

  ~Child() { stop(); }

  Status launch() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return fail(ErrorCode::unavailable, "cannot make a socket pair for the solver", options.program);
    os::Fd ours(ends[0]), theirs(ends[1]);
    auto texts = arguments(options, is_z3);
    std::vector<char*> argv;
    for (auto& text : texts)
      argv.push_back(text.data());
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) return fail(ErrorCode::unavailable, "cannot start the solver", options.program);
    if (child == 0) become(path.c_str(), argv.data(), theirs.get(), options.memory_bytes_max);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    pid = child;
    socket = std::move(ours);
    return {};
  }

  // Ends the child, whatever it is doing; returns its wait status.
  int stop() {
    socket.reset();
    int status = 0;
    if (pid <= 0) return status;
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    pid = -1;
    return status;
  }

  // Sends a text and collects the answer up to the marker. None: the child died or time is up, `why` says so
  // and the child is gone.
  std::optional<std::string> talk(std::string_view text, std::int64_t deadline_ns, std::string& why);
  bool exchange(std::string_view& text, std::string& answer, std::int64_t left_ms, std::string& why);
};

// One round of writing and reading; false when the child is lost.
bool Solver::Child::exchange(std::string_view& text, std::string& answer, std::int64_t left_ms,
                             std::string& why) {
  pollfd fd{socket.get(), static_cast<short>(text.empty() ? POLLIN : POLLIN | POLLOUT), 0};
  if (::poll(&fd, 1, static_cast<int>(left_ms)) < 0) return errno == EINTR;
  if ((fd.revents & POLLOUT) != 0) {
    const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
  }
  if ((fd.revents & (POLLIN | POLLHUP)) == 0) return true;
  char buffer[65536];
  const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return true;
    why = "the connection to the solver broke";
    return false;
  }
  if (got == 0) {
    why = "the solver ended";
    return false;
  }
  answer.append(buffer, static_cast<std::size_t>(got));
  if (answer.size() <= limits::kSolverAnswerBytesMax) return true;
  why = "the solver's answer exceeds its limit";
  return false;
}

std::optional<std::string> Solver::Child::talk(std::string_view text, std::int64_t deadline_ns,
                                               std::string& why) {
  std::string answer;
  for (;;) {
    const std::int64_t left_ms = (deadline_ns - os::monotonic_ns()) / 1'000'000;
    if (left_ms <= 0) {
      why = fmt::format("the time limit of {} ms", options.query_ms);
      break;
    }
    if (!exchange(text, answer, left_ms, why)) break;
    const auto marker = answer.rfind(kMarker);
    if (marker == std::string::npos || answer.find('\n', marker) == std::string::npos) continue;
    const auto line = answer.rfind('\n', marker);
    answer.resize(line == std::string::npos ? 0 : line);
    return answer;
  }
  const int status = stop();
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
    why += fmt::format(" (signal {})", WTERMSIG(status));
  else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    why += fmt::format(" (exit code {})", WEXITSTATUS(status));
  if (answer.find("out of memory") != std::string::npos || answer.find("bad_alloc") != std::string::npos)
    why += ": its memory limit";
  if (answer.starts_with("(error \"Parse Error")) refused = printable(answer, 300);
  if (const auto said = trim(answer); !said.empty()) why += ": " + printable(said, 300);
  return std::nullopt;
}

Solver::Solver(std::unique_ptr<Child> child) : child_(std::move(child)) {}
Solver::Solver(Solver&&) noexcept = default;
Solver& Solver::operator=(Solver&&) noexcept = default;
Solver::~Solver() = default;

Result<Solver> Solver::start(SolverOptions options) {
  auto child = std::make_unique<Child>();
  const auto path = os::find_program(options.program);
  if (!path)
    return fail(
        ErrorCode::not_found, "the solver is not installed", printable(options.program, 200),
        "install the Debian package cvc5 (and z3 for re-checking); without a solver nothing is proved");
  const std::string base = path->substr(path->rfind('/') + 1);
  child->is_z3 = base.starts_with("z3");
  child->path = *path;
  child->version = fmt::format("{} {}", base, read_version(*path));
  child->options = std::move(options);
  TRY_STATUS(child->launch());
  return Solver(std::move(child));
}

Result<Reply> Solver::check(std::string_view script, std::string_view when_sat) {
  Child& child = *child_;
  if (script.size() > limits::kScriptBytesMax) return Reply{Answer::unknown, "the question is too long", {}};
  if (child.pid <= 0) TRY_STATUS(child.launch());
  ++child.questions;
  const std::int64_t deadline_ns =
      os::monotonic_ns() + std::int64_t{child.options.query_ms + kGraceMs} * 1'000'000;
  Reply reply;
  const std::string echo = fmt::format("(echo \"{}\")\n", kMarker);
  const auto answer =
      child.talk(fmt::format("(reset)\n{}\n(check-sat)\n{}", script, echo), deadline_ns, reply.why);
  if (!child.refused.empty())
    return fail(ErrorCode::internal, "the solver refused a question: " + std::exchange(child.refused, {}),
                child.version);
  if (!answer) return reply;
  const auto word = trim(*answer);
  if (word == "sat" || word == "unsat") {
    reply.answer = word == "sat" ? Answer::sat : Answer::unsat;
  } else if (word == "unknown" || word == "timeout" || word.starts_with("unknown")) {
    reply.why = fmt::format("the solver gave up within its time limit of {} ms", child.options.query_ms);
    return reply;
  } else {
    child.stop();
    return fail(ErrorCode::internal, "the solver refused a question: " + printable(word, 300), child.version);
  }
  if (reply.answer == Answer::unsat || when_sat.empty()) return reply;
  auto model = child.talk(fmt::format("{}\n{}", when_sat, echo), deadline_ns, reply.why);
  if (!model) {
    reply.answer = Answer::unknown;  // it says that there is one, and cannot show it
    return reply;
  }
  reply.model = *std::move(model);
  return reply;
}

const std::string& Solver::version() const {
  return child_->version;
}
std::size_t Solver::questions() const {
  return child_->questions;
}

}  // namespace weir::prove
