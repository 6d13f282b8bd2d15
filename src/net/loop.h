// One thread's event loop: coroutines, deadlines and, by socket.h, descriptors. Boost.Asio behind a compiled
// interface.
//
//   Loop loop;
//   loop.spawn(serve(loop));          // a Task<void>
//   loop.run();                       // until stop(), from any thread
//
// One loop is one thread; several loops are several threads, each with listeners of its own on the same port
// (ListenOptions::reuse_port). Everything of a loop is called on its thread, unless it says otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/task.h"

namespace boost::asio {
class io_context;
}

namespace weir::net {

// What coroutines of one loop read into: blocks of one size, kept when they are given back, some of them.
class BlockPool {
 public:
  static constexpr std::size_t kBlockBytes = 32 * 1024;
  static constexpr std::size_t kKeptMax = 64;  // free ones
  using Block = std::unique_ptr<char[]>;

  Block take();
  void give_back(Block block);
  std::size_t out() const { return out_; }  // taken and not given back

 private:
  std::vector<Block> free_;
  std::size_t out_ = 0;
};

class Loop {
 public:
  Loop();
  // Cancels the tasks that run, and runs them to their ends.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();
  void stop();                           // from any thread; run() returns soon, and may be called again
  void post(std::function<void()> job);  // from any thread; runs later, on the loop's
  // Runs until it first waits, at once: on the loop's thread, or before run().
  void spawn(Task<void> task) { tasks_.start(std::move(task)); }
  // The scope of all that was spawned.
  Scope& scope() { return tasks_.scope(); }

  // Drives the loop until a task of it has ended: for tests, and programs with nothing else to do.
  template <class T>
  T run_task(Task<T> task);

  // Awaitable: Status. Error `unavailable` when it was cancelled.
  class Sleep;
  Sleep sleep(std::int64_t ms);

  // All addresses of a name, by the system's resolver on a thread of its own; an address is itself. Errors:
  // `not_found`, `unavailable` (cancelled; the resolver's answer is then dropped).
  Task<Result<std::vector<Endpoint>>> resolve(std::string host, std::uint16_t port);

  // Continues a coroutine from the loop, soon. For what ends a wait and must not do so inside a call.
  void resume_later(std::coroutine_handle<> waiting);

  BlockPool& blocks() { return blocks_; }
  std::int64_t now_ms() const;  // monotonic
  boost::asio::io_context& context();

 private:
  friend class Deadline;
  struct Impl;
  void add_deadline(Deadline& one, std::int64_t ms);
  void look_again();
  void turn();  // waits for one thing and does it

  std::unique_ptr<Impl> impl_;
  DeadlineWheel wheel_;
  BlockPool blocks_;
  TaskGroup tasks_;
};

class Loop::Sleep : private Cancellable {
 public:
  Sleep(Loop& loop, std::int64_t ms) : loop_(loop), ms_(ms), deadline_(loop, [this] { end(); }) {}
  bool await_ready() const noexcept { return ms_ <= 0; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return begin(waiting, *waiting.promise().scope);
  }
  Status await_resume() const;

 private:
  bool begin(std::coroutine_handle<> waiting, Scope& scope);
  void end();
  void give_up() override;

  Loop& loop_;
  std::int64_t ms_;
  Deadline deadline_;
  std::coroutine_handle<> waiting_;
  bool cancelled_ = false;
};

inline Loop::Sleep Loop::sleep(std::int64_t ms) {
  return Sleep(*this, ms);
}

// The Error of a wait that was cancelled, and of one whose time is up.
std::unexpected<Error> cancelled_error();
std::unexpected<Error> time_up_error(std::string what = {});

// A task with a time limit: cancelled when it has not ended by then, and awaited still.
template <class T>
Task<Result<T>> within(std::int64_t ms, Task<Result<T>> task) {
  Scope scope(co_await CurrentScope());
  bool late = false;
  Deadline deadline(scope.loop(), [&] {
    late = true;
    scope.cancel();
  });
  deadline.arm(ms);
  Result<T> result = co_await std::move(task).in(scope);
  if (late && !result) co_return time_up_error();
  co_return result;
}

template <class T>
T Loop::run_task(Task<T> task) {
  if constexpr (std::is_void_v<T>) {
    bool ended = false;
    const auto run = [](Task<void> inner, bool& done) -> Task<void> {
      co_await std::move(inner);
      done = true;
    };
    spawn(run(std::move(task), ended));
    while (!ended)
      turn();
  } else {
    std::optional<T> result;
    const auto run = [](Task<T> inner, std::optional<T>& into) -> Task<void> {
      into.emplace(co_await std::move(inner));
    };
    spawn(run(std::move(task), result));
    while (!result)
      turn();
    return *std::move(result);
  }
}

}  // namespace weir::net
