#include "gateway/relay.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr int kRoundsMax = 8;

bool must_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void take_front(std::string& bytes, std::size_t n) {
  if (n == bytes.size())
    bytes = std::string();  // idle connections hold no memory
  else
    bytes.erase(0, n);
}

// Appends what there is, at most `room`. -1: nothing now. 0: ended. -2: broken.
ssize_t receive(int fd, std::string& into, std::uint64_t room) {
  std::array<char, limits::kRelayBufferBytes> buffer;
  const ssize_t n = ::recv(fd, buffer.data(), std::min<std::uint64_t>(room, buffer.size()), 0);
  if (n > 0) into.append(buffer.data(), static_cast<std::size_t>(n));
  if (n < 0) return must_wait() ? -1 : -2;
  return n;
}

}  // namespace

Relay::Relay(Setup setup) : setup_(std::move(setup)) {
  passed_ = setup_.first.size();
  up_ = std::move(setup_.first) + setup_.unread;
  down_ = std::move(setup_.answer);
  setup_.unread.clear();
}

bool Relay::moved() {
  return std::exchange(moved_since_asked_, false);
}

std::uint32_t Relay::client_events() const {
  return (!client_ended_ && up_.size() < limits::kRelayBufferBytes ? std::uint32_t{EPOLLIN} : 0U) |
         (!down_.empty() ? std::uint32_t{EPOLLOUT} : 0U);
}

std::uint32_t Relay::server_events() const {
  return (!server_ended_ && down_.size() < limits::kRelayBufferBytes ? std::uint32_t{EPOLLIN} : 0U) |
         (passed_ > 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

Relay::State Relay::pump() {
  for (int round = 0; round < kRoundsMax; ++round) {
    moved_ = false;
    for (const auto step : {&Relay::read_client, &Relay::read_server, &Relay::ask_gate, &Relay::write_server,
                            &Relay::write_client, &Relay::pass_on_ends})
      if (const State state = (this->*step)(); state != State::running) return state;
    if (!moved_) return State::running;
    moved_since_asked_ = true;
  }
  return State::running;
}

Relay::State Relay::read_client() {
  if (client_ended_ || up_.size() >= limits::kRelayBufferBytes) return State::running;
  const ssize_t n = receive(setup_.client, up_, limits::kRelayBufferBytes - up_.size());
  if (n == -2) return State::broken;
  client_ended_ = n == 0;
  moved_ |= n >= 0;
  return State::running;
}

Relay::State Relay::ask_gate() {
  const auto step = setup_.gate.up(std::string_view(up_).substr(passed_));
  if (step.refused) {
    refusal_ = step;
    return State::refused;
  }
  passed_ += step.pass;
  return State::running;
}

Relay::State Relay::write_server() {
  if (passed_ == 0) return State::running;
  const std::uint64_t most = std::min<std::uint64_t>(passed_, setup_.budget.may_send(setup_.rule));
  if (most == 0) return State::used_up;
  const ssize_t n = ::send(setup_.server, up_.data(), most, MSG_NOSIGNAL);
  if (n < 0 && must_wait()) return State::running;
  if (n < 0) {
    // It takes no more, but may have answered: that still goes to the client.
    client_ended_ = server_told_ = true;
    take_front(up_, up_.size());
    passed_ = 0;
    return State::running;
  }
  const auto written = static_cast<std::size_t>(n);
  take_front(up_, written);
  passed_ -= written;
  sent_ += written;
  setup_.budget.sent(setup_.rule, written);
  moved_ |= n > 0;
  return State::running;
}

Relay::State Relay::read_server() {
  if (server_ended_ || down_.size() >= limits::kRelayBufferBytes) return State::running;
  const std::uint64_t budget = setup_.budget.may_receive(setup_.rule);
  if (budget == 0) {
    char one = 0;
    const ssize_t waiting = ::recv(setup_.server, &one, 1, MSG_PEEK);
    if (waiting > 0) return State::used_up;
  }
  const std::size_t before = down_.size();
  const ssize_t n = receive(
      setup_.server, down_,
      std::min<std::uint64_t>(limits::kRelayBufferBytes - before, std::max<std::uint64_t>(budget, 1)));
  if (n == -2) return State::broken;
  if (n > 0) {
    received_ += static_cast<std::uint64_t>(n);
    setup_.budget.received(setup_.rule, static_cast<std::uint64_t>(n));
    if (gate_listens_) gate_listens_ = setup_.gate.down(std::string_view(down_).substr(before));
  }
  server_ended_ = n == 0;
  moved_ |= n >= 0;
  return State::running;
}

Relay::State Relay::write_client() {
  if (down_.empty()) return State::running;
  const ssize_t n = ::send(setup_.client, down_.data(), down_.size(), MSG_NOSIGNAL);
  if (n < 0) return must_wait() ? State::running : State::broken;
  take_front(down_, static_cast<std::size_t>(n));
  moved_ |= n > 0;
  return State::running;
}

Relay::State Relay::pass_on_ends() {
  if (client_ended_ && !server_told_ && passed_ == 0) {
    // The rest of a message that never came whole goes nowhere.
    if (!up_.empty() && !setup_.gate.waits_for_server()) return State::broken;
    if (up_.empty()) {
      ::shutdown(setup_.server, SHUT_WR);
      server_told_ = true;
    }
  }
  if (server_ended_ && !client_told_ && down_.empty()) {
    ::shutdown(setup_.client, SHUT_WR);
    client_told_ = true;
  }
  if (client_told_ && setup_.gate.waits_for_server()) return State::finished;
  return server_told_ && client_told_ ? State::finished : State::running;
}

}  // namespace weir::gateway
