// What a merged pod (pod/batch_merge.h) tells beside its changes: whose each one is, and where its pods
// disagree.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"
#include "pod/batch_merge.h"

namespace weir::cli {

// "lint, docs", of many the first; "" for a path, or a pod, that is none of a merge.
std::string from_tasks(const pod::MergeRecord& record, const std::string& path);
Json from_json(const pod::MergeRecord& record, const std::string& path);  // [task id], or null

// Those of `unknown` at or below which no disagreement lies.
std::vector<std::string> without_conflicts(const std::vector<std::string>& unknown,
                                           const std::vector<pod::MergeConflict>& conflicts);

// Each with its pods, and the command that takes one of them.
void print_conflicts(const pod::MergeRecord& record, const std::vector<pod::MergeConflict>& conflicts,
                     Context& context);
Json conflicts_json(const pod::MergeRecord& record, const std::vector<pod::MergeConflict>& conflicts);

}  // namespace weir::cli
