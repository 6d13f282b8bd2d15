#include "cli/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "os/fd.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::size_t kSecretBytesMax = 256;
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
constexpr std::size_t kSignalCount = std::size(kSignals);

volatile std::sig_atomic_t signal_seen = 0;
extern "C" void prompt_signalled(int number) {
  signal_seen = number;
}

// While it lives the signals are only noted, and only in wait_for(): none can come between looking whether
// one came and waiting for a key. Those that are ignored (nohup) stay ignored.
class NotedSignals {
 public:
  NotedSignals() {
    signal_seen = 0;
    sigset_t noted;
    ::sigemptyset(&noted);
    for (const int number : kSignals)
      ::sigaddset(&noted, number);
    ::sigprocmask(SIG_BLOCK, &noted, &mask_before_);
    while_waiting_ = mask_before_;
    struct sigaction note{};
    note.sa_handler = prompt_signalled;
    for (std::size_t i = 0; i < kSignalCount; ++i) {
      ::sigaction(kSignals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_IGN) continue;
      ::sigaction(kSignals[i], &note, nullptr);
      ::sigdelset(&while_waiting_, kSignals[i]);
    }
  }
  ~NotedSignals() {
    for (std::size_t i = 0; i < kSignalCount; ++i)
      ::sigaction(kSignals[i], &before_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }
  NotedSignals(const NotedSignals&) = delete;
  NotedSignals& operator=(const NotedSignals&) = delete;

  // Until there is something to read, or a signal came.
  void wait_for(int fd) const {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    (void)::ppoll(&ready, 1, nullptr, &while_waiting_);
  }

 private:
  sigset_t mask_before_;
  sigset_t while_waiting_;
  struct sigaction before_[kSignalCount];
};

// A terminal that shows nothing of what is typed, for as long as this lives.
class Silence {
 public:
  Silence(int tty, const termios& before) : tty_(tty), before_(before) {
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(tty_, TCSAFLUSH, &silent);
  }
  ~Silence() { ::tcsetattr(tty_, TCSAFLUSH, &before_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int tty_;
  termios before_;
};

// The line that was typed; none when a signal came first.
std::optional<std::string> read_line(int tty, const NotedSignals& signals) {
  std::string text;
  while (text.size() < kSecretBytesMax) {
    signals.wait_for(tty);
    if (signal_seen != 0) return std::nullopt;
    char c = 0;
    const ssize_t got = ::read(tty, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1 || c == '\n') break;
    text += c;
  }
  return text;
}

std::optional<std::string> ask_once(int tty, const termios& before, const std::string& question) {
  const NotedSignals signals;
  std::optional<std::string> line;
  {
    const Silence silence(tty, before);
    (void)os::write_all(tty, question);
    line = read_line(tty, signals);
  }
  (void)os::write_all(tty, "\n");
  return line;
}

}  // namespace

Result<std::string> ask_secret(const std::string& question, const std::string& option) {
  const os::Fd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  termios before{};
  if (!tty || ::tcgetattr(tty.get(), &before) != 0)
    return fail("there is no terminal to ask on", {}, "give it as " + option);
  while (true) {
    const auto text = ask_once(tty.get(), before, question);
    if (text && !text->empty()) return *text;
    if (text) return fail("nothing was typed", {}, "type it and press Enter, or give it as " + option);
    if (signal_seen != SIGTSTP) std::exit(128 + signal_seen);
    std::raise(SIGTSTP);  // as it was meant; goes on here after SIGCONT
  }
}

}  // namespace weir::cli
