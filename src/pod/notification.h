// The supervisor's end of a notifying filter: system calls that wait for its word (seccomp_unotify(2)).
//
//   while (auto call = notifications.next()) {
//     … look at the process …
//     if (!notifications.waits(call->id)) continue;     // what was read may be of another process
//     notifications.go_on(call->id);                    // or answer(id, errno)
//   }
//
// Inside the room only.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "os/fd.h"

namespace weir::pod {

struct Notification {
  std::uint64_t id = 0;
  pid_t thread = 0;  // outside
  int number = 0;    // of the system call
  std::array<std::uint64_t, 6> arguments{};
};

class Notifications {
 public:
  explicit Notifications(os::Fd listener);

  int fd() const { return listener_.get(); }  // readable: next() has one
  // None: nothing now. Does not wait.
  std::optional<Notification> next();
  // Does the call still wait? Then everything that was read of its process before was that process.
  bool waits(std::uint64_t id) const;
  // The kernel does the call as if nobody had been asked. Never a decision on memory of the process.
  void go_on(std::uint64_t id) const;
  // The call was done, or refused: `error_number` 0 answers 0, else -1 and this errno.
  void answer(std::uint64_t id, int error_number) const;
  // The call's result is a copy of `fd` in the process; should it have no room for one, that error.
  void give(std::uint64_t id, int fd, bool close_on_exec) const;
  // No process uses the filter any more.
  bool over() const { return over_; }

 private:
  void respond(std::uint64_t id, std::int64_t value, int error_number, std::uint32_t flags) const;

  os::Fd listener_;
  std::vector<std::uint64_t> buffer_;  // as long as the kernel's struct seccomp_notif
  bool over_ = false;
};

}  // namespace weir::pod
