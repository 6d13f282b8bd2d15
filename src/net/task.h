// Coroutines of one loop: a Task<T> runs when it is awaited, and ends with a T.
//
//   Task<Result<std::size_t>> count(Stream& stream) {
//     std::array<char, 4096> room;
//     CO_TRY(const std::size_t n, co_await stream.read(room));   // as TRY, in a coroutine
//     co_return n;
//   }
//
// A Task is awaited once, by value: `co_await std::move(task)`. It is never destroyed while it waits: what is
// to end early is cancelled by its Scope and awaited. Everything that a Task refers to outlives it, so its
// parameters are values, or references to what its caller keeps. No exception leaves a Task.
//
// For g++ 12: what is passed to a coroutine inside a co_await is a named object or a plain temporary, no
// braces ({.a = …}), whose temporaries that compiler destroys twice.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/result.h"
#include "net/scope.h"

// NOLINTBEGIN(bugprone-macro-parentheses)
#define CO_TRY(declaration, ...)                                               \
  auto WEIR_CONCAT(try_, __LINE__) = (__VA_ARGS__);                            \
  if (!WEIR_CONCAT(try_, __LINE__))                                            \
    co_return std::unexpected(std::move(WEIR_CONCAT(try_, __LINE__).error())); \
  declaration = *std::move(WEIR_CONCAT(try_, __LINE__))
#define CO_TRY_STATUS(...)                                                       \
  do {                                                                           \
    auto WEIR_CONCAT(try_, __LINE__) = (__VA_ARGS__);                            \
    if (!WEIR_CONCAT(try_, __LINE__))                                            \
      co_return std::unexpected(std::move(WEIR_CONCAT(try_, __LINE__).error())); \
  } while (false)
// NOLINTEND(bugprone-macro-parentheses)

namespace weir::net {

struct TaskPromise {
  Scope* scope = nullptr;  // of the awaiting task, unless it was given one
  std::coroutine_handle<> continuation;

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      const auto next = ended.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct ValuePromise : TaskPromise {
  std::optional<T> value;
  void return_value(T given) { value.emplace(std::move(given)); }
  T take() { return *std::move(value); }
};
template <>
struct ValuePromise<void> : TaskPromise {
  void return_void() {}
  void take() {}
};

template <class T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : ValuePromise<T> {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // In this scope instead of that of the awaiting task.
  Task&& in(Scope& scope) && {
    handle_.promise().scope = &scope;
    return std::move(*this);
  }

  // A task that ends without waiting does so inside await_suspend: loops over such do not grow the stack,
  // whatever the compiler makes of tail calls.
  struct Awaiter {
    std::coroutine_handle<promise_type> child;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> parent) {
      auto& promise = child.promise();
      if (promise.scope == nullptr) promise.scope = parent.promise().scope;
      child.resume();
      if (child.done()) return false;
      promise.continuation = parent;
      return true;
    }
    T await_resume() { return child.promise().take(); }
  };
  Awaiter operator co_await() && { return Awaiter{handle_}; }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

// `Scope& mine = co_await CurrentScope();`
struct CurrentScope {
  Scope* scope = nullptr;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    scope = waiting.promise().scope;
    return false;
  }
  Scope& await_resume() const { return *scope; }
};

// Tasks beside each other, which end before the group does.
//
//   TaskGroup both(co_await CurrentScope());
//   both.start(upwards(…));  both.start(downwards(…));
//   co_await both.ended();
class TaskGroup {
 public:
  explicit TaskGroup(Scope& parent) : scope_(parent) {}
  explicit TaskGroup(Loop& loop) : scope_(loop) {}
  ~TaskGroup();  // a bug while a task runs
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs until it first waits.
  void start(Task<void> task);
  void cancel() { scope_.cancel(); }
  std::size_t running() const { return running_; }
  Scope& scope() { return scope_; }

  struct Ended {
    TaskGroup& group;
    bool await_ready() const noexcept { return group.running_ == 0; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { group.waiting_ = waiting; }
    void await_resume() const noexcept {}
  };
  // By one at a time.
  Ended ended() { return Ended{*this}; }

 private:
  struct Runner;
  static Runner run(TaskGroup& group, Task<void> task);
  void one_ended();

  Scope scope_;
  std::size_t running_ = 0;
  std::coroutine_handle<> waiting_;
};

}  // namespace weir::net
