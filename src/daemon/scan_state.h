// What a scan has finished, kept in a file so that a later one goes on where this one ended (`weir scan
// --resume FILE`).
//
//   TRY(ScanState state, ScanState::load(file, key));
//   const ScanState::Kept kept = state.keep(files);        // read kept.to_read; kept.findings are there
//   already … state.found(finding); state.finished(file, totals); … TRY_STATUS(state.save()); // now and
//   then, and at the end
//
// The unit is the session tree, since budgets and facts of a session cannot be taken up in its middle: a tree
// counts as finished when all its files were read to their end, and is read again when one of them is new or
// changed. `key` names what the answers depend on (policies, rules, --since): with another one nothing is
// kept. The file is JSON Lines (docs/scan.md), mode 0600, replaced as a whole.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "daemon/scanner.h"

namespace weir::daemon {

class ScanState {
 public:
  // A file that is absent, or of another key, is an empty state. Errors: one that is no such state.
  static Result<ScanState> load(const std::string& file, const std::string& key);

  struct Kept {
    std::vector<std::string> to_read;
    std::size_t files = 0;  // not to be read
    ScanTotals totals;      // of these
    std::vector<ScanFinding> findings;
  };
  // Which of the files need not be read. Forgets the trees of which that is not so.
  Kept keep(const std::vector<std::string>& files);

  void found(const ScanFinding& finding);
  // Read to its end; `totals` are this file's alone.
  void finished(const std::string& file, const ScanTotals& totals);

  Status save() const;

 private:
  struct Stamp {
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    std::int64_t mtime_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Tree {
    std::map<std::string, Stamp> files;  // of this scan, as they were when it began
    std::size_t open = 0;                // of these, not finished
    ScanTotals totals;
    std::vector<ScanFinding> findings;
  };
  static Stamp stamp_of(const std::string& file);
  static Json tree_json(const std::string& root, const Tree& tree);
  Status read_tree(const Json& json);

  std::string file_;
  std::string key_;
  std::map<std::string, Tree> trees_;         // by root
  std::map<std::string, std::string> roots_;  // by file
  std::size_t findings_ = 0;
};

}  // namespace weir::daemon
