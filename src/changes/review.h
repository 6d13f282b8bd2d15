// A pod's changes as a person reviews them: what would come to the host, what is held and why, what the host
// changed too.
//
//   TRY(const auto catalogue, HeldCatalogue::parse(text, "held/catalogue.yaml"));
//   TRY(const auto open, OpenPod::open(store, pod));
//   TRY(const auto review, make_review(open, catalogue));
//   … show review.changes …
//   TRY_STATUS(remember_shown(open, review, paths));   // commit refuses what is no longer as it was shown
//
// A change conflicts when the host's side changed after the pod started (its ctime, which nobody can set
// back), or either side is no longer what the last review showed. Once there was a review, what none has
// shown is not committed either: else a pod that goes on working could add what nobody has seen.
#pragma once

#include <string>
#include <vector>

#include "changes/change.h"
#include "changes/held.h"
#include "changes/path_records.h"
#include "changes/pod_store.h"
#include "os/fd.h"

namespace weir::changes {

// A pod with its two trees opened; the workspace is the very directory the pod was made for.
struct OpenPod {
  Pod pod;
  std::string directory;  // its records
  os::Fd host;
  os::Fd upper;

  // Error `denied` when another directory has taken the workspace's name.
  static Result<OpenPod> open(const PodStore& store, const Pod& pod);

  std::string review_file() const { return directory + "/review.jsonl"; }
  std::string discarded_file() const { return directory + "/discarded.jsonl"; }
  std::string journal_file() const { return commit_journal(directory); }
};

struct ReviewedChange {
  Change change;
  std::vector<HeldReason> held;  // empty: not held
  std::string conflict;          // "" when there is none
  bool unseen = false;           // there was a review, and none has shown this path
  // A directory that is made anyway with what is in it: not worth a line of its own.
  bool implied = false;
};

struct Review {
  std::vector<ReviewedChange> changes;  // sorted by path, without what was discarded
  std::size_t discarded = 0;
};

Result<Review> make_review(const OpenPod& open, const HeldCatalogue& catalogue);

// Is `path` one of `paths`, or below one? No paths, or "": everything.
bool is_below(const std::string& path, const std::vector<std::string>& paths);

// Those of `paths` (none of them "") at which, and below which, nothing changed; each once.
std::vector<std::string> without_change(const Review& review, const std::vector<std::string>& paths);

Status remember_shown(const OpenPod& open, const Review& review, const std::vector<std::string>& paths);

// Puts changes aside: they are no longer shown or committed, unless the pod changes them once more. Returns
// how many.
Result<std::size_t> discard_paths(const OpenPod& open, const Review& review,
                                  const std::vector<std::string>& paths);

}  // namespace weir::changes
