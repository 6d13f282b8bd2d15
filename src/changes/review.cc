#include "changes/review.h"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include "changes/alias.h"
#include "changes/git_history.h"
#include "changes/overlay_changes.h"

namespace weir::changes {
namespace {

constexpr std::string_view kReview = "review";
constexpr std::string_view kDiscarded = "discarded";
constexpr std::string_view kJournal = "commit";

// Questions about single paths, asked of both trees.
class Trees {
 public:
  explicit Trees(const OpenPod& open) : open_(open) {}

  bool on_host(const std::string& path) const {
    const auto node = node_beneath(open_.host.get(), path);
    return node && node->kind != NodeKind::none;
  }
  bool in_pod(const std::string& path) const {
    const auto node = node_beneath(open_.upper.get(), path);
    return node && node->kind != NodeKind::none && node->kind != NodeKind::whiteout;
  }
  // As the pod sees it: its own, else the host's.
  std::optional<std::string> link(const std::string& path) const {
    return link_in({open_.upper.get(), open_.host.get()}, path);
  }
  std::optional<std::string> host_link(const std::string& path) const {
    return link_in({open_.host.get()}, path);
  }

 private:
  static std::optional<std::string> link_in(std::initializer_list<int> roots, const std::string& path) {
    for (const int root : roots) {
      const auto parent = open_beneath(root, parent_of(path), O_PATH | O_DIRECTORY);
      if (!parent) continue;
      const auto node = node_at(parent->get(), leaf_of(path));
      if (!node || node->kind == NodeKind::none) continue;
      if (node->kind != NodeKind::symlink) return std::nullopt;
      const auto target = link_target(parent->get(), leaf_of(path));
      // A link that cannot be read might lead anywhere.
      return target ? *target : std::string("/");
    }
    return std::nullopt;
  }

  const OpenPod& open_;
};

// A directory's ctime moves with every file made in it. Where only what is in it comes or goes, that has its
// own ctime and the directory's says nothing. Where the directory itself is to be replaced or to get other
// permissions it is all there is: those that the pod has may be no more than the host's of an earlier time,
// copied by overlayfs when something below was written.
bool host_is_newer(const Change& change, std::int64_t started_ns) {
  const NodeKind kind = change.host.node.kind;
  if (kind == NodeKind::directory && change.kind != ChangeKind::mode && change.kind != ChangeKind::retyped)
    return false;
  const bool can_tell = kind == NodeKind::file || kind == NodeKind::symlink || kind == NodeKind::directory;
  return can_tell && change.host.node.ctime_ns > started_ns;
}

// A directory that an interrupted commit had made on its way, before its permissions stood (HostWriter).
bool is_half_made(const Change& change, const PathRecords& journal) {
  constexpr std::uint32_t kHalfMade = 0700;
  const Node& host = change.host.node;
  if (change.kind != ChangeKind::mode || host.kind != NodeKind::directory || host.mode != kHalfMade)
    return false;
  const std::string inside = change.path + "/";
  const auto next = journal.lower_bound(inside);
  return next != journal.end() && next->first.starts_with(inside);
}

std::string conflict_of(const Change& change, std::int64_t started_ns, const PathRecords& shown,
                        const PathRecords& journal) {
  const std::string host = state_text(change.host);
  const std::string pod = state_text(change.pod);
  // An unfinished commit of ours had looked at this very state: a hard link to what it replaced has a new
  // ctime by its doing.
  if (const auto planned = journal.find(change.path);
      planned != journal.end() && planned->second.host == host && planned->second.pod == pod)
    return {};
  if (is_half_made(change, journal)) return {};
  if (const auto seen = shown.find(change.path); seen != shown.end()) {
    if (seen->second.pod != pod) return "the pod changed it after the last `weir diff`";
    if (seen->second.host != host) return "the host changed it after the last `weir diff`";
  }
  // A move within the pod that nothing else tells changes no name on the host.
  if (change.began_with_host && change.host_above_ctime_ns > started_ns)
    return "the host removed it after the pod started";
  if (host_is_newer(change, started_ns)) return "the host changed it after the pod started";
  return {};
}

// Everything that is asked about single changes.
struct Asked {
  const HeldCatalogue& catalogue;
  const Trees& trees;
  LinkOf link_of;
  std::vector<Alias> aliases;
  std::set<std::string> in_commits;  // what commits of the pod bring, and the directories above
  bool git_carries = false;
};

std::vector<HeldReason> held_reasons(const Change& change, const Asked& asked) {
  // A link to its own name leads nowhere, whatever else stands in the workspace.
  const bool leads = change.pod.node.kind == NodeKind::symlink && change.pod.target != leaf_of(change.path);
  HeldQuestion question{
      .change = change,
      .path = change.path,
      .link_outside = leads && !link_leads_to(change.path, change.pod.target, asked.link_of),
      .git_replaced = replaces_history(change),
      // Repositories below the top are not looked into.
      .git_carries = moves_history(change) && (asked.git_carries || !of_top(change)),
      .on_host = [&](const std::string& path) { return asked.trees.on_host(path); },
      .in_pod =
          [&](const std::string& path) {
            return asked.trees.in_pod(path) || asked.in_commits.contains(path);
          }};
  auto reasons = asked.catalogue.reasons(question);
  for (const auto& alias : asked.aliases) {
    if (!is_below(change.path, {alias.leads_to}) || change.path == alias.at) continue;
    const std::string rest =
        alias.leads_to.empty() ? "/" + change.path : change.path.substr(alias.leads_to.size());
    question.path = alias.at + rest;
    for (auto& reason : asked.catalogue.reasons(question))
      if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
        reasons.push_back(std::move(reason));
  }
  return reasons;
}

// Whether references, index and logs of the top's repository lead to something that is held. What cannot be
// told counts as if it were.
bool git_carries_held(const OpenPod& open, const std::vector<Change>& changes, Asked& asked) {
  const auto moves = [](const Change& one) { return of_top(one) && moves_history(one); };
  if (std::none_of(changes.begin(), changes.end(), moves)) return false;
  const auto introduced = introduced_by_git(open, changes);
  if (!introduced) return true;
  for (const auto& one : *introduced)
    for (std::string path = one.path; !path.empty() && asked.in_commits.insert(path).second;)
      path = parent_of(path);
  const bool carries = std::any_of(introduced->begin(), introduced->end(),
                                   [&](const Change& one) { return !held_reasons(one, asked).empty(); });
  asked.in_commits.clear();
  return carries;
}

void mark_implied(std::vector<ReviewedChange>& changes) {
  for (std::size_t i = 0; i + 1 < changes.size(); ++i) {
    const Change& change = changes[i].change;
    if (change.kind != ChangeKind::added || change.pod.node.kind != NodeKind::directory) continue;
    // Sorted: "a", "a.b", "a/b": what is in it need not be the next.
    const std::string inside = change.path + "/";
    const auto next =
        std::lower_bound(changes.begin(), changes.end(), inside,
                         [](const auto& one, const auto& path) { return one.change.path < path; });
    changes[i].implied =
        change.problem.empty() && next != changes.end() && next->change.path.starts_with(inside);
  }
}

}  // namespace

Result<OpenPod> OpenPod::open(const PodStore& store, const Pod& pod) {
  OpenPod out;
  out.pod = pod;
  out.directory = store.directory(pod);
  TRY(out.host, open_root(pod.workspace));
  TRY(const Node node, node_of(out.host.get()));
  if (node.device != pod.workspace_device || node.inode != pod.workspace_inode)
    return fail(ErrorCode::denied, "this is not the directory that the pod was made for", pod.workspace,
                "it was replaced since; move the old one back, or `weir discard --pod " + pod.id + "`");
  TRY(out.upper, open_root(os::resolve_path(out.directory) + "/upper"));
  return out;
}

Result<Review> make_review(const OpenPod& open, const HeldCatalogue& catalogue) {
  TRY(auto changes, overlay_changes(open.host.get(), open.upper.get()));
  const bool reviewed = os::exists(open.review_file());
  TRY(const auto shown, read_path_records(open.review_file(), kReview));
  TRY(const auto discarded, read_path_records(open.discarded_file(), kDiscarded));
  TRY(const auto journal, read_path_records(open.journal_file(), kJournal));
  const Trees trees(open);
  const LinkOf link_of = [&](const std::string& path) { return trees.link(path); };
  const LinkOf host_link = [&](const std::string& path) { return trees.host_link(path); };
  Asked asked{.catalogue = catalogue,
              .trees = trees,
              .link_of = link_of,
              .aliases = link_aliases(catalogue, {link_of, host_link}),
              .in_commits = {}};
  TRY(const auto named_by_git, git_aliases(open.host.get(), open.pod.workspace, {link_of, host_link}));
  asked.aliases.insert(asked.aliases.end(), named_by_git.begin(), named_by_git.end());
  asked.git_carries = git_carries_held(open, changes, asked);
  Review review;
  for (auto& change : changes) {
    if (const auto put = discarded.find(change.path);
        put != discarded.end() && put->second.pod == state_text(change.pod)) {
      ++review.discarded;
      continue;
    }
    ReviewedChange one;
    one.conflict = conflict_of(change, open.pod.base_ns, shown, journal);
    one.unseen = reviewed && !shown.contains(change.path);
    one.held = held_reasons(change, asked);
    one.change = std::move(change);
    review.changes.push_back(std::move(one));
  }
  mark_implied(review.changes);
  return review;
}

bool is_below(const std::string& path, const std::vector<std::string>& paths) {
  return paths.empty() || std::any_of(paths.begin(), paths.end(), [&](const std::string& one) {
           return one.empty() || path == one || path.starts_with(one + "/");
         });
}

std::vector<std::string> without_change(const Review& review, const std::vector<std::string>& paths) {
  std::set<std::string> out;
  for (const auto& path : paths) {
    const bool known = std::any_of(review.changes.begin(), review.changes.end(),
                                   [&](const auto& one) { return is_below(one.change.path, {path}); });
    if (!known && !path.empty()) out.insert(path);
  }
  return {out.begin(), out.end()};
}

Status remember_shown(const OpenPod& open, const Review& review, const std::vector<std::string>& paths) {
  TRY(auto shown, read_path_records(open.review_file(), kReview));
  for (const auto& one : review.changes)
    if (is_below(one.change.path, paths))
      shown[one.change.path] = {.host = state_text(one.change.host),
                                .pod = state_text(one.change.pod),
                                .temporary = {},
                                .held = false,
                                .forced = false};
  return write_path_records(open.review_file(), kReview, shown, os::Durability::none);
}

Result<std::size_t> discard_paths(const OpenPod& open, const Review& review,
                                  const std::vector<std::string>& paths) {
  TRY(auto put, read_path_records(open.discarded_file(), kDiscarded));
  std::size_t count = 0;
  for (const auto& one : review.changes) {
    if (!is_below(one.change.path, paths)) continue;
    put[one.change.path] = {.host = state_text(one.change.host),
                            .pod = state_text(one.change.pod),
                            .temporary = {},
                            .held = false,
                            .forced = false};
    ++count;
  }
  TRY_STATUS(write_path_records(open.discarded_file(), kDiscarded, put, os::Durability::fsync));
  return count;
}

}  // namespace weir::changes
