#include "pod/terminal.h"

#include <signal.h>
#include <unistd.h>

namespace weir::pod {
namespace {

constexpr int kTerminal = 0;

// A background process that changes the terminal is stopped by SIGTTOU unless it blocks the signal.
void set_foreground(pid_t group) {
  sigset_t block;
  sigset_t before;
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGTTOU);
  ::sigprocmask(SIG_BLOCK, &block, &before);
  ::tcsetpgrp(kTerminal, group);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

void set_modes(int when, const termios& modes) {
  sigset_t block;
  sigset_t before;
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGTTOU);
  ::sigprocmask(SIG_BLOCK, &block, &before);
  ::tcsetattr(kTerminal, when, &modes);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

Terminal::Terminal() {
  if (::isatty(0) != 1) return;
  if (::isatty(1) != 1) {
    mode_ = GroupMode::shared;
    return;
  }
  if (::tcgetpgrp(kTerminal) != ::getpgrp() || ::tcgetattr(kTerminal, &our_modes_) != 0) return;
  mode_ = GroupMode::foreground;
}

Terminal::~Terminal() {
  if (mode_ != GroupMode::foreground) return;
  if (given_) take_back();
  // TCSAFLUSH drops what is still unread: answers that a program provoked from the terminal must not become
  // input of the shell that reads next.
  set_modes(TCSAFLUSH, our_modes_);
}

void Terminal::give_to(pid_t group) {
  if (mode_ != GroupMode::foreground) return;
  if (child_modes_known_) set_modes(TCSADRAIN, child_modes_);
  set_foreground(group);
  given_ = true;
}

void Terminal::take_back() {
  if (mode_ != GroupMode::foreground || !given_) return;
  child_modes_known_ = ::tcgetattr(kTerminal, &child_modes_) == 0;
  set_foreground(::getpgrp());
  set_modes(TCSADRAIN, our_modes_);
  given_ = false;
}

bool Terminal::ours() const {
  return ::tcgetpgrp(kTerminal) == ::getpgrp();
}

}  // namespace weir::pod
