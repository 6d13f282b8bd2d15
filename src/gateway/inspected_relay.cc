#include "gateway/inspected_relay.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/bytes.h"
#include "gateway/client_hello.h"
#include "gateway/gateway_limits.h"

namespace weir::gateway {
namespace {

constexpr int kRoundsMax = 32;

bool must_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

InspectedRelay::InspectedRelay(Setup setup) : setup_(std::move(setup)), gate_(setup_.http.expected) {}

bool InspectedRelay::moved() {
  return std::exchange(moved_since_asked_, false);
}

bool InspectedRelay::inside_message() const {
  return !http_ || (!answering_ && http_->inside_message(!from_client_.empty()));
}

std::uint32_t InspectedRelay::client_events() const {
  if (!client_) return EPOLLIN;
  const bool wants = answering_ || (!client_ended_ && from_client_.size() < limits::kRelayBufferBytes);
  return client_->events(wants, !to_client_.empty()) | (again_ ? std::uint32_t{EPOLLOUT} : 0U);
}

std::uint32_t InspectedRelay::server_events() const {
  if (!server_ || answering_) return 0;
  return server_->events(!server_ended_ && to_client_.size() < limits::kRelayBufferBytes,
                         !to_server_.empty());
}

Conduit::State InspectedRelay::pump() {
  again_ = false;
  if (!http_)
    if (const State state = start(); state != State::running || !http_) return state;
  for (int i = 0; i < kRoundsMax; ++i) {
    moved_ = false;
    if (const State state = round(); state != State::running) return state;
    if (!moved_) return State::running;
    moved_since_asked_ = true;
  }
  again_ = true;  // what OpenSSL holds wakes nobody
  return State::running;
}

// Until the client has said what it speaks.
Conduit::State InspectedRelay::start() {
  if (!setup_.answer.empty()) {
    // A few bytes into an empty buffer: they fit, or the client is gone.
    const ssize_t n = ::send(setup_.client, setup_.answer.data(), setup_.answer.size(), MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(setup_.answer.size())) return State::broken;
    setup_.answer.clear();
  }
  std::array<char, 16 * 1024> buffer;
  const ssize_t n = setup_.http.single ? 0 : ::recv(setup_.client, buffer.data(), buffer.size(), 0);
  if (n > 0) setup_.unread.append(buffer.data(), static_cast<std::size_t>(n));
  if (n < 0 && !must_wait()) return State::broken;
  const std::string& bytes = setup_.unread;
  if (bytes.empty()) return n == 0 ? State::broken : State::running;
  if (!setup_.http.single && may_be_tls(bytes)) {
    const auto step = gate_.up(bytes);
    if (step.refused) {
      refusal_ = step;
      return State::refused;
    }
    if (step.pass > 0) return begin(true);
    return n == 0 ? State::broken : State::running;
  }
  return begin(false);
}

Conduit::State InspectedRelay::begin(bool tls) {
  setup_.http.expected.inside_tls = tls;
  const Host& host = setup_.http.expected.host;
  if (tls) {
    auto client = setup_.tls.answer(setup_.client, host, std::move(setup_.unread));
    auto server = setup_.tls.ask(setup_.server, host);
    if (!client || !server) {
      setup_.failed((client ? server.error() : client.error()).message());
      return State::broken;
    }
    client_.emplace(*std::move(client));
    server_.emplace(*std::move(server));
  } else {
    client_.emplace(setup_.client, std::move(setup_.unread));
    server_.emplace(setup_.server, std::string());
  }
  http_.emplace(setup_.http);
  return State::running;
}

Conduit::State InspectedRelay::round() {
  if (answering_) return finish_answering();
  for (const auto step : {&InspectedRelay::read_client, &InspectedRelay::read_server,
                          &InspectedRelay::write_server, &InspectedRelay::write_client})
    if (const State state = (this->*step)(); state != State::running || answering_) return state;
  return State::running;
}

Conduit::State InspectedRelay::read_client() {
  if (!client_ended_ && from_client_.size() < limits::kRelayBufferBytes) {
    const auto got = client_->read(from_client_, limits::kRelayBufferBytes - from_client_.size());
    if (got == TlsStream::Got::broken) {
      if (!client_->problem().empty() && received_ == 0 && sent_ == 0)
        setup_.failed("the program broke off TLS: " + client_->problem());
      return State::broken;
    }
    client_ended_ = got == TlsStream::Got::ended;
    moved_ |= got == TlsStream::Got::bytes || client_ended_;
  }
  if (to_server_.size() >= limits::kRelayBufferBytes) return State::running;
  auto step = http_->up(from_client_);
  if (step.taken > 0) {
    from_client_.erase(0, step.taken);
    moved_ = true;
  }
  to_server_ += step.out;
  if (step.refused) refuse_inside(std::move(step));
  return State::running;
}

Conduit::State InspectedRelay::write_server() {
  if (to_server_.empty()) return server_->flush() ? State::running : server_failed();
  const std::uint64_t most =
      std::min<std::uint64_t>(to_server_.size(), setup_.budget.may_send(setup_.http.rule));
  if (most == 0) return State::used_up;
  const std::size_t n = server_->write(std::string_view(to_server_).substr(0, most));
  if (n > 0) {
    std::fill_n(to_server_.begin(), n, '\0');  // it may hold a credential
    to_server_.erase(0, n);
    sent_ += n;
    setup_.budget.sent(setup_.http.rule, n);
    moved_ = true;
  }
  if (!server_->flush() || server_->broken()) return server_failed();
  return State::running;
}

Conduit::State InspectedRelay::read_server() {
  if (server_ended_ || to_client_.size() >= limits::kRelayBufferBytes) return State::running;
  const std::uint64_t budget = setup_.budget.may_receive(setup_.http.rule);
  if (from_server_.size() < limits::kRelayBufferBytes) {
    const std::size_t before = from_server_.size();
    const auto got = server_->read(from_server_, std::min<std::uint64_t>(limits::kRelayBufferBytes - before,
                                                                         std::max<std::uint64_t>(budget, 1)));
    if (!server_->flush() || got == TlsStream::Got::broken) return server_failed();
    if (got == TlsStream::Got::bytes) {
      if (budget == 0) return State::used_up;
      received_ += from_server_.size() - before;
      setup_.budget.received(setup_.http.rule, from_server_.size() - before);
    }
    server_ended_ = got == TlsStream::Got::ended;
    moved_ |= got != TlsStream::Got::later;
  }
  auto step = http_->down(from_server_);
  from_server_.erase(0, step.taken);
  to_client_ += step.out;
  if (step.refused) {
    refuse_inside(std::move(step));
    return State::running;
  }
  if (server_ended_) {
    const bool between = closed_between_requests();
    auto last = http_->down_ended();
    to_client_ += last.out;
    if (last.refused && between)
      answering_ = moved_ = true;
    else if (last.refused)
      refuse_inside(std::move(last));
  }
  return State::running;
}

// The connection to the server is no more. That its certificate was not good is what a person must read.
Conduit::State InspectedRelay::server_failed() {
  if (closed_between_requests()) {
    answering_ = moved_ = true;
    return State::running;
  }
  const std::string why = server_->problem().empty()
                              ? "the server broke the connection"
                              : "no TLS with the server that can be trusted: " + server_->problem();
  setup_.failed(why);
  if (!can_answer()) return State::broken;
  to_client_ +=
      http_refusal(502, "the pod's egress proxy: " + printable(setup_.http.expected.host.text, 100) + ": " +
                            printable(why, 300));
  answering_ = true;
  moved_ = true;
  return State::running;
}

// Without an answer and without an error: what a client does when its server has closed an idle connection is
// its own.
bool InspectedRelay::closed_between_requests() const {
  return http_->reused() && can_answer() && from_server_.empty() && to_client_.empty();
}

bool InspectedRelay::can_answer() const {
  return http_->may_answer() && !http_->open();
}

void InspectedRelay::refuse_inside(HttpInspection::Step step) {
  setup_.refused(*step.refused, step.says);
  // In the middle of an answer more bytes would be read as a part of it: the end comes too early, which is
  // seen.
  if (can_answer()) to_client_ += step.answer;
  answering_ = true;
  moved_ = true;
  to_server_.clear();
}

Conduit::State InspectedRelay::write_client() {
  const std::size_t n = client_->write(to_client_);
  if (n > 0) {
    to_client_.erase(0, n);
    moved_ = true;
  }
  if (to_client_.empty() && (server_ended_ || http_->over())) client_->end();
  if (!client_->flush()) return State::broken;
  if (client_->ended()) return State::finished;
  if (client_ended_ && to_server_.empty() && !from_client_.empty() && http_->inside_message(true))
    return State::broken;  // the rest of a message that never came whole goes nowhere
  // Servers take the end of TLS for the end of interest: they are told when their answer is here.
  if (client_ended_ && to_server_.empty() && from_client_.empty()) {
    if (http_->idle() && to_client_.empty()) return State::finished;
    if (http_->open()) server_->end();
  }
  return State::running;
}

// Writes, says that this was all, and reads what still comes: closing with unread bytes would reset the
// connection and take the answer from the client.
Conduit::State InspectedRelay::finish_answering() {
  std::string unwanted;
  const auto got = client_->read(unwanted, limits::kRelayBufferBytes);
  if (const std::size_t n = client_->write(to_client_); n > 0) {
    to_client_.erase(0, n);
    moved_ = true;
  }
  if (to_client_.empty()) client_->end();
  if (!client_->flush() || got == TlsStream::Got::broken) return State::broken;
  if (client_->ended() && got == TlsStream::Got::ended) return State::finished;
  moved_ |= got == TlsStream::Got::bytes;
  return State::running;
}

}  // namespace weir::gateway
