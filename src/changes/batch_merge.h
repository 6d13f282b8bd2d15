// The changes of a batch as one pod, which review, commit and discard treat like any other.
//
//   TRY(const Pod merged, merged_pod(pods, batches, batch));    // made once
//   TRY(const auto record, read_merge_record(pods, merged));    // whose change is which; what was left out
//
// Beside it lies merged.jsonl (docs/formats/pod.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "changes/batch_store.h"
#include "changes/pod_merge.h"

namespace weir::changes {

struct MergeRecord {
  struct Task {
    std::string id;
    std::string pod;
  };
  std::string batch;
  std::vector<Task> tasks;                               // those whose pods changed something
  std::map<std::string, std::vector<std::size_t>> from;  // by path: which of `tasks`
  std::vector<MergeConflict> conflicts;                  // members: of `tasks`
};

// The pod that was made for it, or a new one of what its pods have now. Errors: `unavailable` while one of
// them runs or is committed, `not_found` when none of them changed anything, those of plan_merge().
Result<Pod> merged_pod(const PodStore& pods, const BatchStore& batches, const Batch& batch);

// Empty for a pod that is none of merged_pod().
Result<MergeRecord> read_merge_record(const PodStore& pods, const Pod& merged);

// Paths in conflict that nobody has settled yet, below `paths` (is_below()).
std::vector<MergeConflict> open_conflicts(const MergeRecord& record, const OpenPod& merged,
                                          const std::vector<std::string>& paths);

// Removes the batch, its merged pod and its pods. Error `unavailable` while one of them runs.
Status remove_batch(const PodStore& pods, const BatchStore& batches, const Batch& batch);

}  // namespace weir::changes
