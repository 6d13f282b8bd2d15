#include "net/socket.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace weir::net {

namespace asio = boost::asio;

namespace {

IoStatus status_of(const boost::system::error_code& error) {
  if (!error) return IoStatus::done;
  if (error == asio::error::eof) return IoStatus::ended;
  return error == asio::error::operation_aborted ? IoStatus::cancelled : IoStatus::broken;
}

}  // namespace

// Outlives the Socket while the loop still holds one of its handlers.
struct Socket::State {
  State(Loop& on, asio::io_context& io) : loop(on), descriptor(io) {}

  static void end(Completion*& slot, const boost::system::error_code& error, std::size_t bytes) {
    if (Completion* const completion = std::exchange(slot, nullptr); completion != nullptr)
      completion->complete({.status = status_of(error), .bytes = bytes});
  }

  Loop& loop;
  asio::posix::stream_descriptor descriptor;
  Completion* reader = nullptr;
  Completion* writer = nullptr;
};

Result<Socket> Socket::open(Loop& loop, os::Fd fd) {
  auto state = std::make_shared<State>(loop, loop.context());
  boost::system::error_code error;
  state->descriptor.assign(fd.get(), error);
  if (error) return fail(ErrorCode::unavailable, "a socket cannot be watched: " + error.message());
  (void)fd.release();
  return Socket(std::move(state));
}

Socket::~Socket() {
  if (!state_) return;
  state_->reader = state_->writer = nullptr;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

int Socket::fd() const {
  return state_->descriptor.native_handle();
}

Loop& Socket::loop() const {
  return state_->loop;
}

void Socket::read_some(std::span<char> into, Completion& completion) {
  CHECK(state_->reader == nullptr && !into.empty());
  state_->reader = &completion;
  state_->descriptor.async_read_some(asio::buffer(into.data(), into.size()),
                                     [state = state_](const boost::system::error_code& error, std::size_t n) {
                                       State::end(state->reader, error, n);
                                     });
}

void Socket::wait_readable(Completion& completion) {
  CHECK(state_->reader == nullptr);
  state_->reader = &completion;
  state_->descriptor.async_wait(
      asio::posix::descriptor_base::wait_read,
      [state = state_](const boost::system::error_code& error) { State::end(state->reader, error, 0); });
}

void Socket::wait_writable(Completion& completion) {
  CHECK(state_->writer == nullptr);
  state_->writer = &completion;
  state_->descriptor.async_wait(
      asio::posix::descriptor_base::wait_write,
      [state = state_](const boost::system::error_code& error) { State::end(state->writer, error, 0); });
}

void Socket::cancel() {
  boost::system::error_code ignored;
  state_->descriptor.cancel(ignored);
}

int Socket::release() {
  CHECK(state_->reader == nullptr && state_->writer == nullptr);
  return state_->descriptor.release();
}

bool SocketReady::begin(std::coroutine_handle<> waiting, Scope& scope) {
  if (scope.cancelled()) return false;
  waiting_ = waiting;
  scope.add(*this);
  if (what_ == For::reading)
    socket_.wait_readable(*this);
  else
    socket_.wait_writable(*this);
  return true;
}

void SocketReady::complete(IoResult result) {
  leave_scope();
  status_ = result.status;
  waiting_.resume();
}

}  // namespace weir::net
