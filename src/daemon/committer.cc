#include "daemon/committer.h"

#include <atomic>
#include <chrono>

#include "os/clock.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kGroupMax = 256;
constexpr std::int64_t kCheckpointNs = 1'000'000'000;
constexpr auto kTick = std::chrono::milliseconds(500);

}  // namespace

Committer::Committer(store::Store& store, ledger::Log& ledger, os::Log log)
    : store_(store), ledger_(ledger), log_(std::move(log)), next_index_(ledger.size()) {
  thread_ = std::thread([this] { loop(); });
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

void Committer::submit(Commit commit) {
  {
    const std::lock_guard lock(mutex_);
    if (!ending_) {
      urgent_ = urgent_ || commit.urgent;
      waiting_.push_back(std::move(commit));
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
  return last_error_;
}

void Committer::loop() {
  while (true) {
    std::vector<Commit> group;
    bool ending = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kTick, [this] { return ending_ || urgent_; });
      ending = ending_;
      while (!waiting_.empty() && group.size() < kGroupMax) {
        group.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      urgent_ = !waiting_.empty();
    }
    if (!group.empty()) commit_group(std::move(group));
    integrate();
    const std::lock_guard lock(mutex_);
    if (ending && waiting_.empty()) break;
  }
  checkpoint_if_due(true);
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
    next_index_ += entries.size();
    for (auto& entry : entries)
      unintegrated_.push_back(std::move(entry));
    committed_ += group.size();
  } else {
    begin_generation();
    log_.error("nothing could be recorded, so everything is refused", {{"why", status.error().message()}});
  }
  last_error_ = status;
  for (auto& commit : group)
    if (commit.done) commit.done(status);
}

void Committer::integrate() {
  if (!unintegrated_.empty()) {
    const std::uint64_t first = next_index_ - unintegrated_.size();
    if (const Status status = ledger_.append(first, unintegrated_); status) {
      unintegrated_.clear();
      unsigned_entries_ = true;
    } else {
      log_.error("the ledger could not take entries; they are safe in the store",
                 {{"why", status.error().message()}});
    }
  }
  checkpoint_if_due(false);
}

void Committer::checkpoint_if_due(bool now) {
  if (!unsigned_entries_) return;
  if (!now && os::monotonic_ns() - last_checkpoint_ns_ < kCheckpointNs) return;
  last_checkpoint_ns_ = os::monotonic_ns();
  if (const Status status = ledger_.checkpoint(); status) {
    unsigned_entries_ = false;
  } else {
    last_error_ = status;
    log_.error("no checkpoint could be signed", {{"why", status.error().message()}});
  }
}

}  // namespace weir::daemon
