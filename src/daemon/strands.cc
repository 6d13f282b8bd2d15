#include "daemon/strands.h"

#include "base/limits.h"

namespace weir::daemon {

Strands::Strands(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this, i] { loop(i); });
}

Strands::~Strands() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

bool Strands::post(const std::string& key, Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return false;
    Queue& queue = queues_[key];
    if (queue.waiting.size() >= limits::kStrandQueueMax) return false;
    queue.waiting.push_back(std::move(work));
    if (queue.running || queue.waiting.size() > 1) return true;
    runnable_.push_back(key);
  }
  ready_.notify_one();  // not under the lock: the woken thread would wait for it at once
  return true;
}

void Strands::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return busy_ == 0 && runnable_.empty(); });
}

void Strands::loop(std::size_t thread) {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return ending_ || !runnable_.empty(); });
    if (runnable_.empty()) return;
    const std::string key = std::move(runnable_.front());
    runnable_.pop_front();
    Queue& queue = queues_[key];
    queue.running = true;
    Work work = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    ++busy_;
    lock.unlock();
    work(thread);
    work = nullptr;
    lock.lock();
    --busy_;
    Queue& after = queues_[key];
    after.running = false;
    if (after.waiting.empty()) {
      queues_.erase(key);
    } else {
      runnable_.push_back(key);
      ready_.notify_one();
    }
    if (busy_ == 0 && runnable_.empty()) idle_.notify_all();
  }
}

}  // namespace weir::daemon
