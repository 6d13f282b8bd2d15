// One queue per session tree on a few threads: work of one tree runs one after the other, work of different
// trees at the same time, so state of a tree needs no lock.
//
//   strands.post("claude-code:4f1…", [&](std::size_t thread) { … });    // false: the tree's queue is full
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::daemon {

class Strands {
 public:
  // `thread` is the number of the thread it runs on, below `threads`: what is kept by thread needs no lock.
  using Work = std::function<void(std::size_t thread)>;

  explicit Strands(std::size_t threads);
  ~Strands();  // runs what is queued, then ends

  // False when kStrandQueueMax pieces wait already: the caller refuses.
  bool post(const std::string& key, Work work);
  // Waits until nothing is queued or running.
  void drain();

 private:
  struct Queue {
    std::deque<Work> waiting;
    bool running = false;
  };
  void loop(std::size_t thread);

  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable idle_;
  std::map<std::string, Queue> queues_;
  std::deque<std::string> runnable_;
  std::size_t busy_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::daemon
