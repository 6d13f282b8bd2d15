#include "daemon/committer.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace weir::daemon {
namespace {

constexpr std::size_t kGroupMax = 256;
constexpr std::size_t kUnintegratedMax = 65'536;
constexpr auto kCheckpointEvery = std::chrono::seconds(1);
constexpr auto kTick = std::chrono::milliseconds(500);

}  // namespace

Committer::Committer(store::Store& store, ledger::Log& ledger, os::Log log)
    : store_(store), ledger_(ledger), log_(std::move(log)), next_index_(ledger.size()) {
  thread_ = std::thread([this] { loop(); });
  ledger_thread_ = std::thread([this] { ledger_loop(); });
}

Committer::~Committer() {
  (void)finish();
}

Status Committer::catch_up(store::Store& store, ledger::Log& ledger) {
  constexpr std::size_t kBatch = 1024;
  std::vector<std::string> batch;
  std::uint64_t first = ledger.size();
  const auto hand_over = [&]() -> Status {
    TRY_STATUS(ledger.append(first, batch));
    first += batch.size();
    batch.clear();
    return {};
  };
  TRY_STATUS(store.for_each_ledger_entry(first, [&](std::uint64_t, std::string_view entry) -> Result<bool> {
    batch.emplace_back(entry);
    if (batch.size() >= kBatch) TRY_STATUS(hand_over());
    return true;
  }));
  if (!batch.empty()) TRY_STATUS(hand_over());
  TRY(const auto last, store.last_ledger_index());
  if (last && *last + 1 < ledger.size())
    return fail(ErrorCode::corrupt, "the ledger holds entries that the store does not have",
                store.options().dir,
                "the store was rolled back; restore it, or keep the ledger as evidence and start a new one");
  return ledger.checkpoint();
}

void Committer::submit(Commit commit, Caller caller) {
  {
    std::unique_lock lock(mutex_);
    if (!ending_) {
      const bool urgent = commit.urgent;
      urgent_ = urgent_ || urgent;
      waiting_.push_back(std::move(commit));
      if (!urgent || committing_) return;  // whoever commits now sees that more came
      if (caller == Caller::may_wait)
        commit_next(lock);
      else
        wake_.notify_one();
      return;
    }
  }
  if (commit.done) commit.done(fail(ErrorCode::unavailable, "the daemon is stopping"));
}

Status Committer::finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  {
    const std::lock_guard lock(ledger_mutex_);
    ledger_ending_ = true;
  }
  ledger_wake_.notify_one();
  if (ledger_thread_.joinable()) ledger_thread_.join();
  return last_error_ ? ledger_error_ : last_error_;
}

void Committer::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, kTick, [this] { return !committing_ && (ending_ || urgent_); });
    if (committing_) continue;
    commit_next(lock);
    if (ending_ && waiting_.empty() && !committing_) return;
  }
}

// Commits the group that waits longest. `lock` is held before and after, not meanwhile.
void Committer::commit_next(std::unique_lock<std::mutex>& lock) {
  std::vector<Commit> group;
  while (!waiting_.empty() && group.size() < kGroupMax) {
    // An erasure is a group of its own, between what came before it and what comes after.
    const bool erasure = !waiting_.front().erase_root.empty();
    if (erasure && !group.empty()) break;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    if (erasure) break;
  }
  urgent_ = !waiting_.empty();
  if (group.empty()) return;
  committing_ = true;
  lock.unlock();
  if (!group.front().erase_root.empty())
    erase_tree(std::move(group.front()));
  else
    commit_group(std::move(group));
  lock.lock();
  committing_ = false;
  if (urgent_ || ending_) wake_.notify_one();
}

void Committer::refuse_outdated(std::vector<Commit>& group) {
  const std::uint64_t now = generation_.load();
  std::erase_if(group, [&](const Commit& commit) {
    const bool outdated = commit.generation != 0 && commit.generation != now;
    if (outdated && commit.done)
      commit.done(fail(ErrorCode::unavailable, "an earlier call of this session could not be recorded", {},
                       "try again"));
    return outdated;
  });
}

void Committer::commit_group(std::vector<Commit> group) {
  refuse_outdated(group);
  std::vector<store::Sealed> records;
  std::vector<std::string> entries;
  for (auto& commit : group) {
    for (auto& record : commit.records)
      records.push_back(std::move(record));
    for (auto& entry : commit.entries)
      entries.push_back(std::move(entry));
  }
  Status status;
  if (!records.empty() || !entries.empty()) {
    if (const auto appended = store_.append(records, entries, next_index_); !appended)
      status = std::unexpected(appended.error());
  }
  if (status) {
    const std::uint64_t first = next_index_;
    next_index_ += entries.size();
    hand_to_ledger(first, std::move(entries));
    committed_ += group.size();
  } else {
    begin_generation();
    log_.error("nothing could be recorded, so everything is refused", {{"why", status.error().message()}});
  }
  last_error_ = status;
  for (auto& commit : group)
    if (commit.done) commit.done(status);
}

void Committer::erase_tree(Commit commit) {
  const auto erased = store_.erase(commit.erase_root, commit.entries, next_index_);
  Status status;
  if (!erased) {
    status = std::unexpected(erased.error());
    log_.error("a session could not be erased", {{"why", status.error().message()}});
  } else if (!*erased) {
    status = fail(ErrorCode::erased, "there is no content of this session", commit.erase_root);
  } else {
    const std::uint64_t first = next_index_;
    next_index_ += commit.entries.size();
    hand_to_ledger(first, std::move(commit.entries));
    ++committed_;
  }
  if (commit.done) commit.done(status);
}

void Committer::hand_to_ledger(std::uint64_t first, std::vector<std::string> entries) {
  const std::lock_guard lock(ledger_mutex_);
  if (unintegrated_.size() + entries.size() > kUnintegratedMax) unintegrated_.clear();
  if (unintegrated_.empty()) unintegrated_first_ = first;
  unintegrated_.insert(unintegrated_.end(), std::make_move_iterator(entries.begin()),
                       std::make_move_iterator(entries.end()));
}

// Once a second: what came since goes into tiles, and a checkpoint is signed over them.
void Committer::ledger_loop() {
  bool failed = false;
  while (true) {
    std::vector<std::string> entries;
    std::uint64_t first = 0;
    bool ending = false;
    {
      std::unique_lock lock(ledger_mutex_);
      ledger_wake_.wait_for(lock, kCheckpointEvery, [this] { return ledger_ending_; });
      ending = ledger_ending_;
      entries.swap(unintegrated_);
      first = unintegrated_first_;
    }
    if (!entries.empty() || failed) {
      const Status status = integrate(entries.empty() ? UINT64_MAX : first, entries);
      failed = !status;
      if (failed)
        log_.error("the ledger could not take entries; they are safe in the store",
                   {{"why", status.error().message()}});
      const std::lock_guard lock(ledger_mutex_);
      ledger_error_ = status;
    }
    if (ending) return;
  }
}

// Entries from `first` on; whatever lies between the ledger and them is read from the store.
Status Committer::integrate(std::uint64_t first, std::span<const std::string> entries) {
  const std::uint64_t size = ledger_.size();
  if (first > size) return catch_up(store_, ledger_);
  // A catch-up may have taken some of them already.
  const std::uint64_t known = std::min<std::uint64_t>(size - first, entries.size());
  if (known < entries.size()) TRY_STATUS(ledger_.append(size, entries.subspan(known)));
  return ledger_.checkpoint();
}

}  // namespace weir::daemon
