// Which of a review's changes a commit takes, and why it leaves the others. Pure. Inside the room only.
#pragma once

#include <vector>

#include "changes/commit.h"

namespace weir::changes {

struct Selection {
  std::vector<const ReviewedChange*> taken;  // sorted by path
  std::vector<CommitPath> left;      // what was asked for and is not taken; held ones of a bare commit
  std::vector<std::string> unknown;  // of the request, at and below which nothing changed
};

// Did the person name it with --held: itself, or, where it is held, a directory above it?
bool is_named_held(const ReviewedChange& one, const CommitRequest& request);

// `journal`: what an interrupted commit had been asked for, as it was then.
Selection select_changes(const Review& review, const CommitRequest& request, const PathRecords& journal);

}  // namespace weir::changes
