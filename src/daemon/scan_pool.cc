#include "daemon/scan_pool.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "os/files.h"

namespace weir::daemon {
namespace {

constexpr std::size_t kWorkerMemoryBytesMin = limits::kMiB;  // of what is remembered

}  // namespace

ScanPool::ScanPool(const std::shared_ptr<const guard::Pack>& pack, const ScanOptions& options,
                   unsigned workers) {
  if (workers == 0) workers = std::max(1U, std::thread::hardware_concurrency());
  ScanOptions own = options;
  own.memory_bytes = std::max(kWorkerMemoryBytesMin, options.memory_bytes / workers);
  for (unsigned i = 0; i < workers; ++i)
    workers_.push_back(std::make_unique<Worker>(Worker{Scanner(pack, own), {}, 0, {}}));
}

// Files of one tree go to one worker; a new tree to the one that was given least.
std::size_t ScanPool::worker_of(const std::string& file) {
  if (const auto known = files_.find(file); known != files_.end()) return known->second;
  const auto root = transcript_root(file);
  if (!root) return 0;  // nothing to tell it by yet: the scanner says what is wrong, or waits
  const auto least = std::min_element(workers_.begin(), workers_.end(),
                                      [](const auto& a, const auto& b) { return a->bytes < b->bytes; });
  const auto [tree, added] =
      trees_.emplace(*root, static_cast<std::size_t>(std::distance(workers_.begin(), least)));
  files_.emplace(file, tree->second);
  const auto info = os::file_info(file);
  workers_[tree->second]->bytes += info ? info->size : 0;
  return tree->second;
}

bool ScanPool::pass(const std::vector<std::string>& files, const Scanner::OnFinding& on_finding,
                    const OnProgress& on_progress, const OnFile& on_file) {
  const Callbacks callbacks{on_finding, on_progress, on_file};
  for (auto& worker : workers_)
    worker->files.clear();
  for (const auto& file : files)
    workers_[workers_.size() == 1 ? 0 : worker_of(file)]->files.push_back(file);
  std::size_t done = 0;
  std::atomic<bool> whole = true;
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < workers_.size(); ++i)
    if (!workers_[i]->files.empty())
      threads.emplace_back([&, i] {
        if (!work(*workers_[i], done, callbacks)) whole = false;
      });
  if (!work(*workers_[0], done, callbacks)) whole = false;
  threads.clear();
  return whole;
}

// The totals of a running Scanner are its own: others see a copy, renewed at every progress.
bool ScanPool::work(Worker& worker, std::size_t& done, const Callbacks& callbacks) {
  const auto tell = [&](std::size_t finished) {
    worker.totals = worker.scanner.totals();
    done += finished;
    return !callbacks.on_progress || callbacks.on_progress(done, sum());
  };
  const auto found = [&](const ScanFinding& finding) {
    const std::lock_guard lock(mutex_);
    callbacks.on_finding(finding);
  };
  const auto on_block = [&](std::uint64_t) {
    const std::lock_guard lock(mutex_);
    return tell(0);
  };
  for (const auto& file : worker.files) {
    const ScanTotals before = callbacks.on_file ? worker.scanner.totals() : ScanTotals();
    const bool whole = worker.scanner.scan(file, found, on_block);
    const std::lock_guard lock(mutex_);
    if (whole && callbacks.on_file) callbacks.on_file(file, worker.scanner.totals().since(before));
    if (!tell(1) || !whole) return false;
  }
  return true;
}

ScanTotals ScanPool::sum() const {
  ScanTotals sum;
  for (const auto& worker : workers_)
    sum += worker->totals;
  return sum;
}

ScanTotals ScanPool::totals() const {
  ScanTotals totals = sum();
  // A session may have files that could not be told to be of one tree: it is counted once all the same.
  SeenSessions seen;
  for (const auto& worker : workers_)
    for (const auto& [agent, roots] : worker->scanner.sessions())
      seen[agent].insert(roots.begin(), roots.end());
  totals.sessions_by_agent.clear();
  for (const auto& [agent, roots] : seen)
    totals.sessions_by_agent[agent] = roots.size();
  return totals;
}

}  // namespace weir::daemon
