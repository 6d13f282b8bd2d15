#include "pod/portal_loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "os/clock.h"

namespace weir::pod {
namespace {

constexpr int kDrainMs = 1000;
constexpr int kForEver = -1;
constexpr int kPauseMs = 100;  // when there are no descriptors for now

}  // namespace

void PortalLoop::run() {
  std::int64_t until_ns = 0;
  while (!ended_ || !joined_.empty()) {
    int timeout_ms = kForEver;
    if (ended_) {
      if (until_ns == 0) until_ns = os::monotonic_ns() + std::int64_t{kDrainMs} * 1'000'000;
      timeout_ms = static_cast<int>((until_ns - os::monotonic_ns()) / 1'000'000);
      if (timeout_ms <= 0) break;
    }
    wait(timeout_ms);
    ask();
  }
  for (auto& one : joined_)
    one.relay.reset();
}

// Serves what is ready. Connections first: what comes anew joins behind them.
void PortalLoop::wait(int timeout_ms) {
  fds_.clear();
  const auto add = [&](int fd, short events) { fds_.push_back({events == 0 ? -1 : fd, events, 0}); };
  for (const auto& one : joined_)
    for (const auto side : {PortalRelay::kClient, PortalRelay::kProgram})
      add(one.relay.fd(side), one.connected                  ? one.relay.events(side)
                              : side == PortalRelay::kClient ? short{0}
                                                             : short{POLLOUT});
  add(link_.fd(), ended_ ? short{0} : short{POLLIN});
  const bool open = !ended_ && !full();
  for (const auto& socket : sockets_)
    add(socket.listener.get(), open ? short{POLLIN} : short{0});
  if (::poll(fds_.data(), fds_.size(), timeout_ms) <= 0) return;

  const std::size_t count = joined_.size();
  std::vector<bool> over(count);
  for (std::size_t i = 0; i < count; ++i)
    over[i] = (fds_[2 * i].revents | fds_[2 * i + 1].revents) != 0 && !pump(joined_[i]);
  const pollfd* const others = fds_.data() + 2 * count;
  for (std::size_t i = 0; i < sockets_.size(); ++i)
    if (others[1 + i].revents != 0) accept_from(sockets_[i]);
  if (others[0].revents != 0) hear();
  for (std::size_t i = count; i-- > 0;)
    if (over[i]) joined_.erase(joined_.begin() + static_cast<std::ptrdiff_t>(i));
}

void PortalLoop::accept_from(const PublishedSocket& socket) {
  while (!full()) {
    os::Fd client(::accept4(socket.listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client) {
      // It would be ready again at once.
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        ::poll(nullptr, 0, kPauseMs);
      return;
    }
    unasked_.push_back({socket.port.inside, std::move(client)});
  }
}

void PortalLoop::ask() {
  while (!ended_ && !unasked_.empty() && asked_.size() < InboundLink::kQuestionsMax) {
    if (!link_.ask(unasked_.front().port)) return end_listening();
    asked_.push_back(std::move(unasked_.front()));
    unasked_.pop_front();
  }
}

void PortalLoop::hear() {
  while (auto answer = link_.hear()) {
    if (answer->ended || asked_.empty()) return end_listening();
    Waiting waiting = std::move(asked_.front());
    asked_.pop_front();
    if (answer->socket)
      joined_.push_back({PortalRelay(std::move(waiting.client), std::move(answer->socket)), false});
    else
      close_with_reset(waiting.client);
  }
}

void PortalLoop::end_listening() {
  ended_ = true;
  sockets_.clear();
  for (auto* queue : {&unasked_, &asked_})
    for (; !queue->empty(); queue->pop_front())
      close_with_reset(queue->front().client);
}

bool PortalLoop::pump(Joined& one) {
  if (!one.connected) {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(one.relay.fd(PortalRelay::kProgram), SOL_SOCKET, SO_ERROR, &error, &length) != 0 ||
        error != 0) {
      one.relay.reset();
      return false;
    }
    one.connected = true;
  }
  const auto state = one.relay.pump();
  if (state == PortalRelay::State::broken) one.relay.reset();
  return state == PortalRelay::State::running;
}

}  // namespace weir::pod
