#include "net/task.h"

namespace weir::net {

// Owns itself: gone with its end.
struct TaskGroup::Runner {
  struct promise_type : TaskPromise {
    Runner get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
  };
  std::coroutine_handle<promise_type> handle;
};

TaskGroup::Runner TaskGroup::run(TaskGroup& group, Task<void> task) {
  {
    Task<void> mine = std::move(task);  // its frame goes before the group learns of its end
    co_await std::move(mine);
  }
  group.one_ended();
}

TaskGroup::~TaskGroup() {
  CHECK(running_ == 0);
}

void TaskGroup::start(Task<void> task) {
  ++running_;
  const Runner runner = run(*this, std::move(task));
  runner.handle.promise().scope = &scope_;
  runner.handle.resume();
}

void TaskGroup::one_ended() {
  if (--running_ > 0 || !waiting_) return;
  // Its own frame may hold the group: nothing of it is touched behind this.
  std::exchange(waiting_, nullptr).resume();
}

}  // namespace weir::net
