// Which descriptors are ready, told to who watches them: epoll(7), level-triggered, one thread.
//
//   TRY(Poller poller, Poller::create());
//   TRY_STATUS(poller.watch(fd, EPOLLIN, watcher));    // the same call changes what is waited for
//   poller.wait(1000);                                 // calls watcher.ready(fd, events)
//
// A byte relay needs no more than this; a framework of coroutines would bring its own buffers and timers, and
// hide where a connection may be when it is refused.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::gateway {

class Watcher {
 public:
  virtual void ready(int fd, std::uint32_t events) = 0;

 protected:
  ~Watcher() = default;
};

class Poller {
 public:
  static Result<Poller> create();

  // `events` 0: known no more, so that a peer that is gone does not wake us again and again.
  Status watch(int fd, std::uint32_t events, Watcher& watcher);
  void forget(int fd);
  // Waits up to timeout_ms and tells all that are ready. Watchers may watch and forget while they are told.
  Status wait(int timeout_ms);

 private:
  struct Watched {
    Watcher* watcher = nullptr;  // null: not watched
    std::uint32_t events = 0;
  };
  explicit Poller(os::Fd epoll) : epoll_(std::move(epoll)) {}

  os::Fd epoll_;
  std::vector<Watched> watched_;  // by descriptor
};

}  // namespace weir::gateway
