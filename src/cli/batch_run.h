// The tasks of a batch, several at once, each in a pod and a process of its own: a pod's supervisor has one
// thread, and dies alone.
//
//   BatchRun run(store, batch, [&](std::size_t task) { … in the child: makes and supervises the pod … });
//   const BatchEnd end = run.all(jobs, [&](std::size_t task) { … its outcome is written … });
//
// The child's standard input is /dev/null, its output the task's two files. It has a process group of its
// own: Ctrl-C reaches us alone, and ends all: TERM goes to each pod's command, and what has not ended after
// two seconds is killed. When we are killed the kernel kills the children, and with them their pods.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>

#include "changes/batch_store.h"

namespace weir::cli {

struct BatchEnd {
  int signal = 0;  // what ended it before its time; 0: all tasks have run
};

class BatchRun {
 public:
  // `work` runs in the child, which ends with what it answers.
  BatchRun(const changes::BatchStore& store, const changes::Batch& batch,
           std::function<int(std::size_t task)> work);

  BatchEnd all(std::size_t jobs, const std::function<void(std::size_t task)>& ended);

 private:
  void start(std::size_t task);
  [[noreturn]] void become_task(std::size_t task, pid_t parent) const;
  void reap(const std::function<void(std::size_t task)>& ended);
  void signal_all(int signal) const;

  const changes::BatchStore& store_;
  const changes::Batch& batch_;
  std::function<int(std::size_t)> work_;
  std::map<pid_t, std::size_t> running_;
};

}  // namespace weir::cli
