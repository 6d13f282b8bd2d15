// What a pod did to git's own data in the workspace's repository, and whether held files could come to the
// host that way: a commit with a git hook's manager or an agent's settings in it needs only the next `git
// stash`, `git checkout` or `git push`. Inside the room only.
//
//   if (const auto found = introduced_by_git(open, changes)) … each is looked up as if the pod had written it
//
// Commits that a pod made come whole: added objects are free, and so are references, HEAD, the index and the
// logs as long as nothing held is in what they newly lead to. What git itself would say of it is asked of
// git, with the host's repository and the pod's objects beside it. That is only right while the pod adds:
// what replaces or removes objects, or makes git read them otherwise, is held itself (replaces_history).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "changes/change.h"
#include "changes/review.h"

namespace weir::changes {

// Takes history away, or puts another in its place: anything below `.git` but a new object, a new or other
// reference, index or log, and what git never reads as history.
bool replaces_history(const Change& change);

// Makes other commits or files reachable: references, HEAD and its kin, the index, logs.
bool moves_history(const Change& change);

// In the repository whose top the workspace is; no other is looked into.
bool of_top(const Change& change);

// The files that commits and the index would newly bring, as changes with path, kinds and modes; a link has
// no target. Of the top only. Error when it cannot be told: no git, objects that are not plain, time.
Result<std::vector<Change>> introduced_by_git(const OpenPod& open, const std::vector<Change>& changes);

// The same of a repository by itself, whose top `workspace` is (direct_git.h): the objects that its
// references and HEAD lead to; what commits that are reached now and were not from `tips` change; what the
// index has other than HEAD. Errors as above.
Result<std::vector<std::string>> tips_of(const std::string& workspace);
Result<std::vector<Change>> committed_since(const std::string& workspace,
                                            const std::vector<std::string>& tips);
// `index`: a copy in place of the repository's own; "": that.
Result<std::vector<Change>> staged_in(const std::string& workspace, const std::string& index = {});

// `git log --raw -z` and `git diff-index --raw -z` (git-diff(1), "Raw output format"). Hostile text.
Result<std::vector<Change>> parse_raw_diff(std::string_view text);

// Names of objects in a reference, HEAD or log; `path` is below `.git`. Hostile text.
Result<std::vector<std::string>> tips_in(std::string_view path, std::string_view text);

}  // namespace weir::changes
