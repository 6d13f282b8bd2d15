// A connected byte stream: TCP, a Unix socket, or TLS on one of them.
//
//   CO_TRY(auto stream, co_await connect_to(loop, where));
//   CO_TRY_STATUS(co_await stream->write(head, body));               // both in one system call
//   CO_TRY(const std::size_t n, co_await stream->read(room));        // 0: the peer has ended
//
// One read and one write at a time, beside each other. A write ends when the kernel has all of it, so who
// awaits it cannot run ahead of the peer. A read or write that is cancelled, or late, leaves a stream that
// can only be closed, which its destructor does. Bytes and pieces stay where they are until their operation
// ends; the stream outlives it.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/endpoint.h"
#include "net/socket.h"

namespace weir::net {

inline constexpr std::size_t kWritePiecesMax = 8;
inline constexpr std::int64_t kWriteStallMs = 60'000;  // a peer that takes no byte for so long is given up

class StreamRead;
class StreamWrite;

class Stream {
 public:
  virtual ~Stream() = default;

  // Awaitable: Result<std::size_t>, 0 at the end. `into` is not empty. Errors: `unavailable`.
  StreamRead read(std::span<char> into);
  // Awaitable: Status. Errors: `unavailable`.
  template <class... Pieces>
  StreamWrite write(const Pieces&... pieces);

  // For who is no coroutine. A result: it was done at once, and the completion is not called.
  virtual std::optional<IoResult> start_read(std::span<char> into, Completion& completion) = 0;
  virtual std::optional<IoResult> start_write(std::span<const std::string_view> pieces,
                                              Completion& completion) = 0;
  // What is in flight ends with `cancelled`, from the loop.
  virtual void cancel() = 0;
  // Says to the peer that nothing more comes; reading goes on.
  virtual void end_write() = 0;
  // How long a write may wait for the peer to take anything; 0: for ever.
  virtual void set_write_stall_ms(std::int64_t ms) = 0;

  virtual Loop& loop() const = 0;
  virtual int fd() const = 0;
};

// TCP without Nagle's delay, or a Unix socket. `fd`: connected. Error `unavailable`.
Result<std::unique_ptr<Stream>> open_stream(Loop& loop, os::Fd fd);
// Errors: `unavailable` (refused, unreachable, cancelled). Give it a time limit with within().
Task<Result<std::unique_ptr<Stream>>> connect_to(Loop& loop, Endpoint where);

// What an IoResult other than done says to people.
std::unexpected<Error> io_error(IoStatus status);

class StreamRead : private Completion, private Cancellable {
 public:
  StreamRead(Stream& stream, std::span<char> into) : stream_(stream), into_(into) {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return begin(waiting, *waiting.promise().scope);
  }
  Result<std::size_t> await_resume() const;

 private:
  bool begin(std::coroutine_handle<> waiting, Scope& scope);
  void complete(IoResult result) override;
  void give_up() override { stream_.cancel(); }

  Stream& stream_;
  std::span<char> into_;
  std::coroutine_handle<> waiting_;
  IoResult result_{.status = IoStatus::cancelled};
};

class StreamWrite : private Completion, private Cancellable {
 public:
  template <class... Pieces>
  explicit StreamWrite(Stream& stream, const Pieces&... pieces)
      : stream_(stream), pieces_{std::string_view(pieces)...}, count_(sizeof...(pieces)) {
    static_assert(sizeof...(pieces) >= 1 && sizeof...(pieces) <= kWritePiecesMax);
  }
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return begin(waiting, *waiting.promise().scope);
  }
  Status await_resume() const;

 private:
  bool begin(std::coroutine_handle<> waiting, Scope& scope);
  void complete(IoResult result) override;
  void give_up() override { stream_.cancel(); }

  Stream& stream_;
  std::array<std::string_view, kWritePiecesMax> pieces_;
  std::size_t count_;
  std::coroutine_handle<> waiting_;
  IoResult result_{.status = IoStatus::cancelled};
};

inline StreamRead Stream::read(std::span<char> into) {
  return StreamRead(*this, into);
}
template <class... Pieces>
StreamWrite Stream::write(const Pieces&... pieces) {
  return StreamWrite(*this, pieces...);
}

}  // namespace weir::net
