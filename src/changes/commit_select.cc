#include "changes/commit_select.h"

#include <algorithm>
#include <set>

namespace weir::changes {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

bool is_bare(const CommitRequest& request) {
  return request.paths.empty() && request.held.empty() && request.force.empty();
}

struct Wish {
  bool taken = false;
  bool held = false;     // its being held was looked at
  bool force = false;    // its conflict was looked at
  bool planned = false;  // an interrupted commit had taken it in this very state
};

Wish wish_for(const ReviewedChange& one, const CommitRequest& request, const PathRecords& journal) {
  const std::string& path = one.change.path;
  Wish wish;
  wish.held = is_named_held(one, request);
  wish.force = contains(request.force, path);
  wish.taken = wish.held || wish.force || is_bare(request) ||
               (!request.paths.empty() && is_below(path, request.paths));
  // The interrupted commit's permission holds for the very states it was given for.
  if (const auto planned = journal.find(path); planned != journal.end() &&
                                               planned->second.host == state_text(one.change.host) &&
                                               planned->second.pod == state_text(one.change.pod)) {
    wish.taken = true;
    wish.held = wish.held || planned->second.held;
    wish.force = wish.force || planned->second.forced;
    wish.planned = true;
  }
  return wish;
}

CommitPath path_of(const ReviewedChange& one, const CommitRequest& request) {
  const std::string& path = one.change.path;
  return {
      .path = path,
      .kind = one.change.kind,
      .result = CommitResult::refused,
      .why = {},
      .held = one.held,
      .forced = contains(request.force, path),
      .named = contains(request.paths, path) || is_named_held(one, request) || contains(request.force, path)};
}

// Paths that a person gave with --held or --force and that name nothing of that kind.
void add_unmet(const Review& review, const CommitRequest& request, Selection& out) {
  std::set<std::string> told;
  const auto look = [&](const std::vector<std::string>& list, const char* why, const auto& meets) {
    for (const auto& path : list) {
      const bool met = std::any_of(review.changes.begin(), review.changes.end(), [&](const auto& one) {
        return (one.change.path == path && !one.implied) || meets(one, path);
      });
      if (met || contains(out.unknown, path) || !told.insert(path).second) continue;
      out.left.push_back({.path = path,
                          .kind = ChangeKind::modified,
                          .result = CommitResult::refused,
                          .why = why,
                          .held = {},
                          .forced = false,
                          .named = true});
    }
  };
  look(request.held, "no held change has this path or lies below it", [](const auto& one, const auto& path) {
    return !one.held.empty() && is_below(one.change.path, {path});
  });
  look(request.force, "no change has this very path", [](const auto&, const auto&) { return false; });
}

// A directory of which nothing could be taken is left as a file of that name would be: not what was asked
// for.
void count_as_named(const CommitRequest& request, Selection& out) {
  for (const auto& path : request.paths) {
    const bool some = std::any_of(out.taken.begin(), out.taken.end(),
                                  [&](const auto* one) { return is_below(one->change.path, {path}); });
    if (some || path.empty()) continue;
    for (auto& left : out.left)
      if (is_below(left.path, {path})) left.named = true;
  }
}

bool takes_directory_away(const Change& change) {
  return change.host.node.kind == NodeKind::directory &&
         (change.kind == ChangeKind::deleted || change.kind == ChangeKind::retyped);
}

// A directory goes only when everything in it goes.
void keep_directories_with_rest(const Review& review, const CommitRequest& request, Selection& out) {
  const std::set<const ReviewedChange*> taken(out.taken.begin(), out.taken.end());
  std::set<std::string> held;
  for (const auto& one : out.left)
    if (one.result == CommitResult::held) held.insert(one.path);
  std::erase_if(out.taken, [&](const ReviewedChange* one) {
    if (!takes_directory_away(one->change)) return false;
    const std::string inside = one->change.path + "/";
    auto rest =
        std::lower_bound(review.changes.begin(), review.changes.end(), inside,
                         [](const auto& change, const auto& path) { return change.change.path < path; });
    for (; rest != review.changes.end() && rest->change.path.starts_with(inside); ++rest) {
      // What the pod puts there, where a directory becomes a file, cannot be; deletions are what counts.
      if (taken.contains(&*rest) || takes_directory_away(rest->change)) continue;
      CommitPath left = path_of(*one, request);
      left.result = held.contains(rest->change.path) ? CommitResult::held : CommitResult::conflict;
      left.why = "something in it stays";
      out.left.push_back(std::move(left));
      return true;
    }
    return false;
  });
}

}  // namespace

bool is_named_held(const ReviewedChange& one, const CommitRequest& request) {
  if (contains(request.held, one.change.path)) return true;
  return !request.held.empty() && !one.held.empty() && is_below(one.change.path, request.held);
}

Selection select_changes(const Review& review, const CommitRequest& request, const PathRecords& journal) {
  Selection out;
  for (const auto& one : review.changes) {
    const Wish wish = wish_for(one, request, journal);
    if (!wish.taken || one.implied) continue;
    CommitPath left = path_of(one, request);
    if (!one.change.problem.empty()) {
      left.why = one.change.problem;
    } else if (!one.held.empty() && !wish.held) {
      left.result = CommitResult::held;
      left.why = "held for review: name it with --held";
    } else if (!one.conflict.empty() && !wish.force) {
      left.result = CommitResult::conflict;
      left.why = one.conflict;
    } else if (one.unseen && !wish.force && !wish.planned) {
      left.result = CommitResult::conflict;
      left.why = "no `weir diff` has shown it: it changed after you looked, or was not asked for";
    } else {
      out.taken.push_back(&one);
      continue;
    }
    out.left.push_back(std::move(left));
  }
  keep_directories_with_rest(review, request, out);
  for (const auto* list : {&request.paths, &request.held, &request.force})
    for (auto& path : without_change(review, *list))
      if (!contains(out.unknown, path)) out.unknown.push_back(std::move(path));
  add_unmet(review, request, out);
  count_as_named(request, out);
  return out;
}

}  // namespace weir::changes
