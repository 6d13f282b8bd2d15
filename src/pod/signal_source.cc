#include "pod/signal_source.h"

#include <unistd.h>

namespace weir::pod {

SignalSource::SignalSource() {
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGCHLD);
  for (const int signal : kForwardedSignals)
    ::sigaddset(&mask, signal);
  ::sigprocmask(SIG_BLOCK, &mask, &before_);
  fd_ = os::Fd(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
}

SignalSource::~SignalSource() {
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<signalfd_siginfo> SignalSource::next() const {
  signalfd_siginfo info;
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return info;
}

}  // namespace weir::pod
