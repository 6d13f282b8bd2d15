// The thread that keeps the embedded index up to date.
//
// Its queue is the tail of the segments itself: it waits until the store has grown, reads what is new in the
// order it was stored, and indexes it. So it needs no memory of its own, catches up after any gap, and cannot
// slow an append or make one fail. A damaged or foreign index is deleted and built anew; a locked one is
// tried again.
//
//   auto indexer = std::make_unique<Indexer>(*store);
//   indexer->wait_for(end, 1000);   // when a reader must see its own write
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "store/sqlite_index.h"
#include "store/store.h"

namespace weir::store {

class Indexer {
 public:
  struct State {
    Position position;         // indexed up to here
    std::string error;         // of the last try; "" when it went well
    std::uint64_t resets = 0;  // how often an unusable index was deleted
  };

  // The store must outlive this.
  explicit Indexer(Store& store);
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  State state() const;
  // Waits until everything before `position` is indexed; false after timeout_ms.
  bool wait_for(const Position& position, int timeout_ms) const;

 private:
  void run(const std::stop_token& stop);
  Status step(std::optional<SqliteIndex>& index, const std::stop_token& stop);
  void pause(int wait_ms, const std::stop_token& stop);
  void gather(const std::stop_token& stop);

  Store& store_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  mutable int waiters_ = 0;  // in wait_for()
  State state_;
  std::jthread thread_;  // last: it is stopped before anything it uses goes
};

}  // namespace weir::store
