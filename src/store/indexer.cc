#include "store/indexer.h"

#include <algorithm>
#include <chrono>

namespace weir::store {
namespace {
constexpr int kGatherMs = 100;  // records that come close together share a transaction
constexpr int kIdleMs = 1000;   // then it looks whether the index file is still there
constexpr int kRetryMs = 100;   // after an error, doubled each time
constexpr int kRetryMaxMs = 5000;
}  // namespace

Indexer::Indexer(Store& store) : store_(store) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Indexer::State Indexer::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

bool Indexer::wait_for(const Position& position, int timeout_ms) const {
  std::unique_lock lock(mutex_);
  ++waiters_;
  changed_.notify_all();
  const bool there = changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                       [&] { return state_.position >= position; });
  --waiters_;
  return there;
}

// Sleeps; not at all when it is time to stop.
void Indexer::pause(int wait_ms, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, std::chrono::milliseconds(wait_ms), [] { return false; });
}

// Lets more come before the next transaction, unless somebody waits for it.
void Indexer::gather(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, std::chrono::milliseconds(kGatherMs), [&] { return waiters_ > 0; });
}

// Opens when needed and indexes all there is.
Status Indexer::step(std::optional<SqliteIndex>& index, const std::stop_token& stop) {
  if (!index) {
    TRY(index, SqliteIndex::open(store_));
  }
  for (bool more = true; more && !stop.stop_requested();) {
    TRY(more, index->catch_up(store_));
    const std::lock_guard lock(mutex_);
    state_.position = index->position();
    state_.error.clear();
    changed_.notify_all();
  }
  return {};
}

void Indexer::run(const std::stop_token& stop) {
  std::optional<SqliteIndex> index;
  int retry_ms = kRetryMs;
  while (!stop.stop_requested()) {
    const Status done = step(index, stop);
    if (done) {
      retry_ms = kRetryMs;
      store_.wait_beyond(index->position(), kIdleMs, stop);
      gather(stop);
      // Deleted or replaced by somebody: what we write goes nowhere.
      if (!index->in_place()) index.reset();
      continue;
    }
    const bool unusable = done.error().code == ErrorCode::corrupt;
    // Whatever it was, the next try has a fresh connection.
    index.reset();
    if (unusable) (void)remove_index(store_.options().index_file()).has_value();
    {
      const std::lock_guard lock(mutex_);
      state_.error = done.error().message();
      state_.resets += unusable ? 1 : 0;
    }
    pause(retry_ms, stop);
    retry_ms = std::min(retry_ms * 2, kRetryMaxMs);
  }
}

}  // namespace weir::store
