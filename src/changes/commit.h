// Bringing a pod's changes to the host.
//
//   TRY(const auto report, commit(store, pod, catalogue, {.paths = {"src"}, .held = {}, .force = {}}));
//   for (const auto& one : report.paths) … one.result …
//
// What is taken: everything below `paths`, or all when nothing at all is named. Never without being named: a
// held change needs its path, or that of a directory above it, in `held`; one in conflict, or that no review
// has shown although there was one, its exact path in `force`; a path may need both.
//
// Order: directories in place of files; new and changed files; deletions, the deepest first; files in place
// of directories. A journal (commit.jsonl beside the pod) is flushed before the first change and removed
// after the last: kill -9 at any point leaves each path of the host old or new, and the next commit removes
// what was left beside them and finishes what the interrupted one was asked for.
#pragma once

#include <string>
#include <vector>

#include "changes/review.h"

namespace weir::changes {

struct CommitRequest {  // paths relative to the workspace
  std::vector<std::string> paths;
  std::vector<std::string> held;
  std::vector<std::string> force;
};

enum class CommitResult {
  done,
  held,      // left for review: nobody named it
  conflict,  // the host's side changed too
  refused,   // it cannot be committed, or failed; or nothing that the person named so is there
};
std::string_view name(CommitResult result);

struct CommitPath {
  std::string path;
  ChangeKind kind = ChangeKind::modified;
  CommitResult result = CommitResult::refused;
  std::string why;               // "" when done
  std::vector<HeldReason> held;  // reasons, also when it was committed by name
  bool forced = false;
  bool named = false;  // the person gave this very path, or one above it of which nothing could be taken
};

struct CommitReport {
  std::vector<CommitPath> paths;     // sorted by path; directories that came with their files are left out
  bool resumed = false;              // an interrupted commit was finished
  std::vector<std::string> unknown;  // of the request, at and below which nothing changed

  std::size_t count(CommitResult result) const;
  // Nothing that was asked for by name, or that was free to go, was left behind.
  bool complete() const;
};

// Error `unavailable` while the pod runs; `denied` when the workspace was replaced. What goes wrong with one
// path stands in the report.
Result<CommitReport> commit(const PodStore& store, const Pod& pod, const HeldCatalogue& catalogue,
                            const CommitRequest& request);

// Takes away what an interrupted commit left beside the host's files, and forgets what it was asked for:
// before a pod is discarded. The caller holds the pod's lock.
Status clear_leftovers(const OpenPod& open);

}  // namespace weir::changes
