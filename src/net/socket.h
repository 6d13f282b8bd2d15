// A non-blocking descriptor on a loop: what streams and listeners are made of.
//
// At most one read side wait and one write side wait at a time. Completions are called from the loop, never
// inside a call of this class, and not any more once the Socket is gone. A Socket goes before its loop.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "net/loop.h"
#include "os/fd.h"

namespace weir::net {

enum class IoStatus { done, ended, cancelled, late, broken };

struct IoResult {
  IoStatus status = IoStatus::done;
  std::size_t bytes = 0;  // of done
};

class Completion {
 public:
  virtual void complete(IoResult result) = 0;

 protected:
  ~Completion() = default;
};

class Socket {
 public:
  // Error `unavailable` when the loop cannot watch it.
  static Result<Socket> open(Loop& loop, os::Fd fd);
  ~Socket();
  Socket(Socket&& other) noexcept = default;
  Socket& operator=(Socket&&) = delete;

  explicit operator bool() const { return state_ != nullptr; }  // not moved from
  int fd() const;
  Loop& loop() const;
  void read_some(std::span<char> into, Completion& completion);
  void wait_readable(Completion& completion);
  void wait_writable(Completion& completion);
  void cancel();  // what waits completes with `cancelled`
  int release();  // the descriptor, off the loop; nothing waits

 private:
  struct State;
  explicit Socket(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

// Awaitable: IoStatus of waiting until the socket can be read or written.
class SocketReady : private Completion, private Cancellable {
 public:
  enum class For { reading, writing };
  SocketReady(Socket& socket, For what) : socket_(socket), what_(what) {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return begin(waiting, *waiting.promise().scope);
  }
  IoStatus await_resume() const { return status_; }

 private:
  bool begin(std::coroutine_handle<> waiting, Scope& scope);
  void complete(IoResult result) override;
  void give_up() override { socket_.cancel(); }

  Socket& socket_;
  For what_;
  std::coroutine_handle<> waiting_;
  IoStatus status_ = IoStatus::cancelled;
};

}  // namespace weir::net
