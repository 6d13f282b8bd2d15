// What several pods changed, made one change: for `weir pod batch`, whose pods began with one state of one
// workspace.
//
//   std::vector<MergeMember> members = {{"lint", open_a}, {"docs", open_b}};
//   TRY(const Merge merge, plan_merge(members));
//   TRY_STATUS(write_merge(merge, members, upper.get()));    // as overlayfs would have written it
//
// By path, compared with the host as it is now. What one pod changed, or all that changed it changed alike,
// is taken. A text that several changed is merged by lines (merge_text.h) when the host still has what they
// began with; permissions likewise when not two ask for different ones. All else is in conflict and left out
// with everything below it: it stays with its pods. A directory that one pod took away stays while another
// has changed something in it.
//
// The result is a pod's upper layer like any other: review and commit treat it so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "changes/review.h"

namespace weir::changes {

struct MergeMember {
  std::string name;  // of its task, for people
  OpenPod open;
};

inline constexpr std::size_t kMergeTextBytesMax = std::size_t{4}
                                                  << 20;  // larger files are not merged by lines

// One path that is taken.
struct MergeChoice {
  Change change;  // as members[from] has it
  std::size_t from = 0;
  std::uint32_t mode = 0;            // permissions, as change.pod.node.mode
  std::optional<std::string> text;   // merged from those of all `members`
  std::vector<std::size_t> members;  // who changed it, ascending
};

struct MergeConflict {
  std::string path;
  std::string why;  // "changed differently by lint, docs"
  std::vector<std::size_t> members;
  std::vector<std::string>
      states;  // of each member's side, state_text(): which of them the host has got since
};

struct Merge {
  std::vector<MergeChoice> choices;      // sorted by path
  std::vector<MergeConflict> conflicts;  // sorted by path
};

// Reads both sides of every member; changes put aside with `weir discard` are none. Errors as
// overlay_changes().
Result<Merge> plan_merge(const std::vector<MergeMember>& members);

// Into an empty directory that nobody else writes. After an error it is incomplete and to be removed.
Status write_merge(const Merge& merge, const std::vector<MergeMember>& members, int upper_root);

// Has the host what one of the pods has, so that nothing is left to be chosen?
bool is_settled(int host_root, const MergeConflict& conflict);

}  // namespace weir::changes
