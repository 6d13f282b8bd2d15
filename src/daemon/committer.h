// Group commit. Whatever strands hand over is written and flushed together; only then are the answers
// released. While one flush runs, the next group gathers: the device is never idle while somebody waits, and
// never flushed for nobody. When nothing runs, who submits may flush at once: waking the committing thread
// for it would cost a tenth of the flush.
//
// Order of truth: store (segments, fdatasync) → answers released → ledger tiles → checkpoint, at most one a
// second. Tiles are written by a thread of their own, so that nobody's answer waits for them. On start the
// ledger is brought up to the store: what was durable but not yet integrated is handed over again.
#pragma once

#include <atomic>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "ledger/log.h"
#include "os/log.h"
#include "store/store.h"

namespace weir::daemon {

// What must become durable as one.
struct Commit {
  std::vector<store::Sealed> records;
  std::vector<std::string> entries;  // ledger entries, canonical JSON
  bool urgent = true;                // somebody waits; receipts are not urgent and go with the next group
  // Committer::generation() when the session state that this rests on was read; 0 when it rests on none.
  std::uint64_t generation = 0;
  // The root of a session tree whose content is destroyed, after all that was submitted before; `entries`
  // tell of it and `records` stay empty. Error `erased` when there was no content; then nothing is recorded.
  std::string erase_root;
  std::function<void(const Status&)> done;
};

class Committer {
 public:
  // Both must outlive the committer. `ledger` must agree with the store (catch_up).
  Committer(store::Store& store, ledger::Log& ledger, os::Log log);
  ~Committer();

  // Hands over the store's entries that the ledger has not integrated yet.
  static Status catch_up(store::Store& store, ledger::Log& ledger);

  // May the caller be kept for the time of one flush, and run the `done` of others?
  enum class Caller { must_go_on, may_wait };
  void submit(Commit commit, Caller caller = Caller::must_go_on);
  // Commits what waits, integrates it and signs a checkpoint. Afterwards nothing is accepted.
  Status finish();

  std::uint64_t committed() const { return committed_.load(); }

  // Grows whenever something could not be recorded. State in memory that is older holds what no record holds:
  // commits that rest on it are refused, and its owner rebuilds it from the record.
  std::uint64_t generation() const { return generation_.load(); }
  void begin_generation() { ++generation_; }

 private:
  void loop();
  void commit_next(std::unique_lock<std::mutex>& lock);
  void refuse_outdated(std::vector<Commit>& group);
  void commit_group(std::vector<Commit> group);
  void erase_tree(Commit commit);
  void hand_to_ledger(std::uint64_t first, std::vector<std::string> entries);
  void ledger_loop();
  Status integrate(std::uint64_t first, std::span<const std::string> entries);

  store::Store& store_;
  ledger::Log& ledger_;
  os::Log log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Commit> waiting_;
  bool urgent_ = false;
  bool ending_ = false;
  bool committing_ = false;
  // Owned by the one thread that commits:
  std::uint64_t next_index_ = 0;
  Status last_error_;
  // Between it and the ledger's thread:
  std::mutex ledger_mutex_;
  std::condition_variable ledger_wake_;
  std::vector<std::string> unintegrated_;  // at most kUnintegratedMax; what is not here is in the store
  std::uint64_t unintegrated_first_ = 0;   // index of the first
  bool ledger_ending_ = false;
  Status ledger_error_;
  std::atomic<std::uint64_t> committed_{0};
  std::atomic<std::uint64_t> generation_{1};
  std::thread thread_;
  std::thread ledger_thread_;
};

}  // namespace weir::daemon
