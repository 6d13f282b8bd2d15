// The signals that concern a supervisor, as a descriptor to poll. Inside the room only.
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

#include <optional>

#include "os/fd.h"

namespace weir::pod {

// Sent on to what is supervised.
inline constexpr int kForwardedSignals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};

// Blocks SIGCHLD and the forwarded signals while it lives; the mask before is restored at the end.
class SignalSource {
 public:
  SignalSource();
  ~SignalSource();
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;

  int fd() const { return fd_.get(); }
  std::optional<signalfd_siginfo> next() const;  // none waits

 private:
  sigset_t before_;
  os::Fd fd_;
};

}  // namespace weir::pod
