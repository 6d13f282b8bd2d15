// What comes in on a connection and was not read yet. A read of the stream is in flight whenever somebody
// wants to know more, so that a peer that goes away is noticed while nothing is asked of it.
//
//   CO_TRY(const bool more, co_await input.more());    // false: the peer has ended
//   use(input.waiting());  input.take(n);
//
// While nothing is unread it needs 256 bytes of memory. A wait that is cancelled leaves the stream whole.
// The stream is destroyed before its Input.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "net/http_limits.h"
#include "net/loop.h"
#include "net/stream.h"

namespace weir::net {

class Input final : private Completion {
 public:
  class More;

  Input() = default;
  virtual ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Once, before anything else.
  void open(Stream& stream);

  // Unread bytes. They stay where they are until the next more(), or watch().
  std::string_view waiting() const { return {data_ + begin_, end_ - begin_}; }
  void take(std::size_t bytes) { begin_ += bytes; }
  bool ended() const { return status_ != IoStatus::done; }

  // Awaitable: Result<bool>. Until more bytes have come; false when the peer has ended. By one at a time.
  // Errors: `unavailable` (the connection broke, cancelled), `limit` (kInputBytesMax unread).
  More more();

  // Calls `gone`, once, when the peer ends or the connection breaks. An empty function: not any more. While
  // bytes are unread nothing is noticed: look() again when they are taken.
  void watch(std::function<void()> gone);
  void look();

  // Gives memory back that holds nothing, until bytes come again.
  void rest();

 private:
  friend class More;
  void start();
  bool make_room();
  void complete(IoResult result) override;

  Stream* stream_ = nullptr;
  Loop* loop_ = nullptr;  // outlives the stream
  std::array<char, limits::kIdleBytes> small_;
  BlockPool::Block block_;  // of the pool when it has its size
  std::size_t block_bytes_ = 0;
  char* data_ = small_.data();
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool in_flight_ = false;
  bool resting_ = true;               // little is expected
  IoStatus status_ = IoStatus::done;  // else how the connection ended
  More* waiter_ = nullptr;
  std::function<void()> gone_;
};

class Input::More : private Cancellable {
 public:
  explicit More(Input& input) : input_(input) {}
  ~More() override;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return begin(waiting, *waiting.promise().scope);
  }
  Result<bool> await_resume() const;

 private:
  friend class Input;
  bool begin(std::coroutine_handle<> waiting, Scope& scope);
  void give_up() override;

  Input& input_;
  std::coroutine_handle<> waiting_;
  bool cancelled_ = false;
  bool full_ = false;
};

inline Input::More Input::more() {
  return More(*this);
}

}  // namespace weir::net
