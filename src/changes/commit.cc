#include "changes/commit.h"

#include <algorithm>

#include "base/bytes.h"
#include "changes/commit_select.h"
#include "changes/host_writer.h"
#include "os/random.h"

namespace weir::changes {
namespace {

constexpr std::string_view kJournal = "commit";
// One batch is written, flushed and swapped in together: a flush for each of 100,000 files would take
// minutes.
constexpr std::size_t kBatchFiles = 64;
constexpr std::uint64_t kBatchBytes = std::uint64_t{64} << 20;

bool turns_into_directory(const Change& change) {
  return change.kind == ChangeKind::retyped && change.pod.node.kind == NodeKind::directory;
}

bool replaces_directory(const Change& change) {
  return change.kind == ChangeKind::retyped && change.host.node.kind == NodeKind::directory;
}

class Commit {
 public:
  Commit(const OpenPod& open, const CommitRequest& request)
      : open_(open), request_(request), writer_(open.host.get(), open.upper.get()) {}

  // Takes away what an interrupted commit left beside the files.
  Status clear(const PathRecords& journal) {
    for (const auto& [path, record] : journal)
      if (!record.temporary.empty())
        TRY_STATUS(writer_.clear(path, record.temporary, record.host, record.pod));
    return {};
  }

  Result<std::vector<CommitPath>> run(const Selection& selection, const PathRecords& earlier) {
    paths_ = selection.left;
    if (!selection.taken.empty()) {
      TRY_STATUS(write_journal(selection, earlier));
      apply(selection.taken);
      TRY_STATUS(writer_.flush_directories());
    }
    TRY_STATUS(os::remove_file(open_.journal_file()));
    std::sort(paths_.begin(), paths_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(paths_);
  }

 private:
  Status write_journal(const Selection& selection, const PathRecords& earlier);
  void apply(const std::vector<const ReviewedChange*>& taken);
  template <class Which>
  void put_all(const Which& which);
  void put_batch(const std::vector<const ReviewedChange*>& batch);
  void finish(const ReviewedChange& one, const Status& status);
  const std::string& temporary_of(const ReviewedChange& one) const {
    return journal_.at(one.change.path).temporary;
  }

  const OpenPod& open_;
  const CommitRequest& request_;
  HostWriter writer_;
  PathRecords journal_;
  std::vector<const ReviewedChange*> taken_;
  std::vector<CommitPath> paths_;
};

Status Commit::write_journal(const Selection& selection, const PathRecords& earlier) {
  // A name that nobody can foretell: the agent could else have put something there.
  const std::string stem = ".weir-" + to_hex(os::random_bytes<8>()) + "-";
  std::size_t number = 0;
  const auto has = [](const std::vector<std::string>& list, const std::string& path) {
    return std::find(list.begin(), list.end(), path) != list.end();
  };
  for (const auto* one : selection.taken) {
    const std::string& path = one->change.path;
    const auto before = earlier.find(path);
    journal_[path] = {
        .host = state_text(one->change.host),
        .pod = state_text(one->change.pod),
        .temporary = stem + std::to_string(number++),
        .held = is_named_held(*one, request_) || (before != earlier.end() && before->second.held),
        .forced = has(request_.force, path) || (before != earlier.end() && before->second.forced)};
  }
  return write_path_records(open_.journal_file(), kJournal, journal_, os::Durability::fsync);
}

void Commit::finish(const ReviewedChange& one, const Status& status) {
  const PathRecord& record = journal_.at(one.change.path);
  CommitPath path{.path = one.change.path,
                  .kind = one.change.kind,
                  .result = CommitResult::done,
                  .why = {},
                  .held = one.held,
                  .forced = record.forced,
                  .named = record.held || record.forced};
  if (!status) {
    path.result = status.error().code == ErrorCode::exists ? CommitResult::conflict : CommitResult::refused;
    path.why = status.error().what;
  }
  paths_.push_back(std::move(path));
}

void Commit::put_batch(const std::vector<const ReviewedChange*>& batch) {
  std::vector<Staged> staged;
  std::vector<const ReviewedChange*> whose;
  for (const auto* one : batch) {
    auto ready = writer_.stage(one->change, temporary_of(*one));
    if (!ready) {
      finish(*one, std::unexpected(ready.error()));
      continue;
    }
    staged.push_back(*std::move(ready));
    whose.push_back(one);
  }
  const Status flushed = writer_.flush(staged);
  for (std::size_t i = 0; i < staged.size(); ++i) {
    const Status done = flushed ? writer_.put(staged[i]) : flushed;
    if (!done) writer_.drop(staged[i]);
    finish(*whose[i], done);
  }
}

template <class Which>
void Commit::put_all(const Which& which) {
  std::vector<const ReviewedChange*> batch;
  std::uint64_t bytes = 0;
  for (const auto* one : taken_) {
    if (!which(one->change)) continue;
    batch.push_back(one);
    bytes += one->change.pod.node.disk_bytes;
    if (batch.size() < kBatchFiles && bytes < kBatchBytes) continue;
    put_batch(batch);
    batch.clear();
    bytes = 0;
  }
  if (!batch.empty()) put_batch(batch);
}

void Commit::apply(const std::vector<const ReviewedChange*>& taken) {
  taken_ = taken;
  // One by one: a directory may be needed by the next.
  for (const auto* one : taken_)
    if (turns_into_directory(one->change)) put_batch({one});
  put_all([](const Change& change) {
    return change.kind == ChangeKind::added || change.kind == ChangeKind::modified ||
           (change.kind == ChangeKind::retyped && !turns_into_directory(change) &&
            !replaces_directory(change));
  });
  for (const auto* one : taken_)
    if (one->change.kind == ChangeKind::mode) finish(*one, writer_.set_mode(one->change));
  // Sorted by path, so backwards is the deepest first.
  for (auto it = taken_.rbegin(); it != taken_.rend(); ++it)
    if ((*it)->change.kind == ChangeKind::deleted)
      finish(**it, writer_.remove((*it)->change, temporary_of(**it)));
  put_all([](const Change& change) { return replaces_directory(change); });
}

}  // namespace

std::string_view name(CommitResult result) {
  switch (result) {
    case CommitResult::done:
      return "done";
    case CommitResult::held:
      return "held";
    case CommitResult::conflict:
      return "conflict";
    case CommitResult::refused:
      return "refused";
  }
  return "refused";
}

std::size_t CommitReport::count(CommitResult result) const {
  return static_cast<std::size_t>(
      std::count_if(paths.begin(), paths.end(), [&](const auto& one) { return one.result == result; }));
}

bool CommitReport::complete() const {
  return unknown.empty() && std::all_of(paths.begin(), paths.end(), [](const CommitPath& one) {
           return one.result == CommitResult::done || (one.result == CommitResult::held && !one.named);
         });
}

Status clear_leftovers(const OpenPod& open) {
  TRY(const auto journal, read_path_records(open.journal_file(), kJournal));
  const CommitRequest nothing;
  TRY_STATUS(Commit(open, nothing).clear(journal));
  return os::remove_file(open.journal_file());
}

Result<CommitReport> commit(const PodStore& store, const Pod& pod, const HeldCatalogue& catalogue,
                            const CommitRequest& request) {
  TRY(const os::Fd lock, store.lock(pod));
  TRY(const auto open, OpenPod::open(store, pod));
  TRY(const auto earlier, read_path_records(open.journal_file(), kJournal));
  Commit work(open, request);
  TRY_STATUS(work.clear(earlier));
  TRY(const auto review, make_review(open, catalogue));
  CommitReport report;
  report.resumed = !earlier.empty();
  Selection selection = select_changes(review, request, earlier);
  report.unknown = std::move(selection.unknown);
  TRY(report.paths, work.run(selection, earlier));
  return report;
}

}  // namespace weir::changes
