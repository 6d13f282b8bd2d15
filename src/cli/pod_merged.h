// What a merged pod (changes/batch_merge.h) tells beside its changes: whose each one is, and where its pods
// disagree.
#pragma once

#include <string>
#include <vector>

#include "changes/batch_merge.h"
#include "cli/cli.h"

namespace weir::cli {

// "lint, docs", of many the first; "" for a path, or a pod, that is none of a merge.
std::string from_tasks(const changes::MergeRecord& record, const std::string& path);
Json from_json(const changes::MergeRecord& record, const std::string& path);  // [task id], or null

// Those of `unknown` at or below which no disagreement lies.
std::vector<std::string> without_conflicts(const std::vector<std::string>& unknown,
                                           const std::vector<changes::MergeConflict>& conflicts);

// Each with its pods, and the command that takes one of them.
void print_conflicts(const changes::MergeRecord& record, const std::vector<changes::MergeConflict>& conflicts,
                     Context& context);
Json conflicts_json(const changes::MergeRecord& record, const std::vector<changes::MergeConflict>& conflicts);

}  // namespace weir::cli
