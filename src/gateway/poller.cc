#include "gateway/poller.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>

#include "os/files.h"

namespace weir::gateway {

Result<Poller> Poller::create() {
  os::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return std::unexpected(os::errno_error("no epoll descriptor", "egress", errno));
  return Poller(std::move(epoll));
}

Status Poller::watch(int fd, std::uint32_t events, Watcher& watcher) {
  if (events == 0) {
    forget(fd);
    return {};
  }
  const auto index = static_cast<std::size_t>(fd);
  if (watched_.size() <= index) watched_.resize(index + 1);
  Watched& now = watched_[index];
  if (now.watcher == &watcher && now.events == events) return {};
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  const int operation = now.watcher == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0)
    return std::unexpected(os::errno_error("a descriptor cannot be watched", "egress", errno));
  now = {&watcher, events};
  return {};
}

void Poller::forget(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (fd < 0 || index >= watched_.size() || watched_[index].watcher == nullptr) return;
  watched_[index] = {};
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Status Poller::wait(int timeout_ms) {
  std::array<epoll_event, 128> events;
  const int n = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout_ms);
  if (n < 0 && errno != EINTR) return std::unexpected(os::errno_error("epoll failed", "egress", errno));
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    // Told before it, a watcher may have closed this descriptor, and another may have its number: who is told
    // of what is not so finds nothing to read.
    const auto index = static_cast<std::size_t>(event.data.fd);
    if (Watcher* const watcher = watched_[index].watcher; watcher != nullptr)
      watcher->ready(event.data.fd, event.events);
  }
  return {};
}

}  // namespace weir::gateway
