// Many transcripts at once, on every core: a Scanner for each worker, and every session tree with one of
// them.
//
//   ScanPool pool(pack, options, 0);
//   pool.pass(files, on_finding, on_progress);          // when following: again and again
//   pool.totals().tool_calls …
//
// A tree's files are read by one worker in the order given, so budgets and facts see them as one history, and
// what is found does not depend on the number of workers; only the order between trees does. Callbacks come
// from several threads, one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/scanner.h"

namespace weir::daemon {

class ScanPool {
 public:
  // 0 workers: one for each processor that this process may use.
  ScanPool(const std::shared_ptr<const guard::Pack>& pack, const ScanOptions& options, unsigned workers);

  using OnProgress = std::function<bool(std::size_t files_done, const ScanTotals& totals)>;  // false: stop
  // A file was read to its end; `totals` are its own.
  using OnFile = std::function<void(const std::string& file, const ScanTotals& totals)>;
  // True when every file was read to its end.
  bool pass(const std::vector<std::string>& files, const Scanner::OnFinding& on_finding,
            const OnProgress& on_progress, const OnFile& on_file = {});

  ScanTotals totals() const;

 private:
  struct Worker {
    Scanner scanner;
    std::vector<std::string> files;  // of this pass
    std::uint64_t bytes = 0;         // of all files it was given
    ScanTotals totals;               // as of its last progress
  };
  std::size_t worker_of(const std::string& file);
  struct Callbacks {
    const Scanner::OnFinding& on_finding;
    const OnProgress& on_progress;
    const OnFile& on_file;
  };
  bool work(Worker& worker, std::size_t& done, const Callbacks& callbacks);
  ScanTotals sum() const;

  std::vector<std::unique_ptr<Worker>> workers_;
  std::map<std::string, std::size_t> trees_;  // session root → its worker
  std::map<std::string, std::size_t> files_;  // file → its worker
  std::mutex mutex_;                          // callbacks, progress, totals of workers
};

}  // namespace weir::daemon
