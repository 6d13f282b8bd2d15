#include "pod/direct_judge.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "base/bytes.h"
#include "changes/git_history.h"
#include "pod/mountinfo.h"

namespace weir::pod {
namespace {

const changes::HeldReason kTooMany{"direct-limit", "too many files to tell whether it is held"};
const changes::HeldReason kUnclear{"git-config",
                                   "git's configuration includes more files than can be followed"};
const changes::HeldReason kNameOutside{"link-outside",
                                       "it has a name outside the workspace too, and is that file"};

changes::Side side(changes::NodeKind kind, const std::string& target = {}) {
  changes::Side side;
  side.node.kind = kind;
  side.target = target;
  return side;
}

changes::Change change_of(const std::string& path, changes::ChangeKind kind, changes::Side host,
                          changes::Side pod) {
  changes::Change change;
  change.path = path;
  change.kind = kind;
  change.host = std::move(host);
  change.pod = std::move(pod);
  return change;
}

// Git makes and finishes its files under names of passage.
bool is_unfinished(std::string_view leaf) {
  return leaf.starts_with("tmp_") || leaf.ends_with(".temp") || leaf.ends_with(".lock");
}

// Puts another history in the place of the one that is there. Adding to it and taking away is git's own work,
// which `git gc` does unasked.
bool rewrites_history(const changes::Change& change) {
  const bool is_link = change.pod.node.kind == changes::NodeKind::symlink;
  if (!changes::replaces_history(change)) return false;
  if (is_link) return true;
  for (const std::string_view one : {"/refs/replace", "/info/grafts", "/reftable"})
    if (("/" + change.path).find("/.git" + std::string(one)) != std::string::npos) return true;
  const bool replaced =
      change.kind == changes::ChangeKind::modified || change.kind == changes::ChangeKind::retyped;
  return replaced && change.path.find(".git/objects/") != std::string::npos &&
         change.path.find(".git/objects/info/") == std::string::npos &&
         !is_unfinished(changes::leaf_of(change.path));
}

// Everything below a directory, until `each` says false. False: not all of it was seen.
template <class Each>
bool each_below(int root, const std::string& top, std::size_t count_max, const Each& each) {
  std::vector<std::string> ahead = {top};
  std::size_t seen = 0;
  while (!ahead.empty()) {
    const std::string at = std::move(ahead.back());
    ahead.pop_back();
    const auto dir = changes::open_dir_beneath(root, at);
    if (!dir) return false;
    const auto names = changes::names_in(dir->get(), count_max + 1 - seen);
    if (!names || (seen += names->size()) > count_max) return false;
    for (const auto& name : *names) {
      const std::string path = changes::joined(at, name);
      const auto node = changes::node_at(dir->get(), name);
      if (!node || !each(path, *node, dir->get())) return false;
      if (node->kind == changes::NodeKind::directory) ahead.push_back(path);
    }
  }
  return true;
}

// At this path, or below it; "" is everything.
bool is_below(const std::string& path, const std::string& top) {
  return top.empty() || path == top || path.starts_with(top + "/");
}

std::string in_place_of(const std::string& path, const std::string& from, const std::string& to) {
  return path == from ? to : to + path.substr(from.size());
}

}  // namespace

DirectJudge::DirectJudge(int host, const PodPlan& plan, const PodMount& workspace, const DirectRules& rules)
    : host_(host),
      at_(workspace.at),
      source_(workspace.source),
      catalogue_(rules.catalogue),
      changeable_(rules.changeable) {
  for (const auto& mount : plan.mounts) {
    if (mount.kind == PodMount::Kind::read_only) shown_.push_back(mount.at);
    if (mount.at != at_ && is_within(mount.at, at_)) mounts_.push_back(mount.at.substr(at_.size() + 1));
  }
  for (const auto& link : plan.spec.links)
    shown_.push_back(link.at);
}

bool DirectJudge::may_change(const std::string& path) const {
  return std::ranges::any_of(changeable_, [&](const auto& top) { return is_below(path, top); });
}

bool DirectJudge::holds_mount(const std::string& path) const {
  return std::any_of(mounts_.begin(), mounts_.end(),
                     [&](const auto& mount) { return is_below(mount, path); });
}

bool DirectJudge::exists(const std::string& path) const {
  const auto node = changes::node_beneath(host_, path);
  return node && node->kind != changes::NodeKind::none;
}

std::optional<std::string> DirectJudge::link_at(const std::string& path) const {
  const auto parent = changes::open_beneath(host_, changes::parent_of(path), O_PATH | O_DIRECTORY);
  if (!parent) return std::nullopt;
  const auto node = changes::node_at(parent->get(), changes::leaf_of(path));
  if (!node || node->kind != changes::NodeKind::symlink) return std::nullopt;
  const auto target = changes::link_target(parent->get(), changes::leaf_of(path));
  return target ? *target : std::string("/");  // one that cannot be read might lead anywhere
}

// Before the first change, so as the host has them; later ones are held themselves.
void DirectJudge::learn_aliases() {
  if (learned_) return;
  learned_ = true;
  for (const auto& at : catalogue_->spelled_out()) {
    const auto target = link_at(at);
    if (!target) continue;
    const changes::LinkOf link_of = [&](const std::string& path) {
      ways_.emplace(path, at);
      return link_at(path);
    };
    if (const auto leads_to = changes::link_leads_to(at, *target, link_of))
      aliases_.push_back({at, *leads_to});
  }
  const changes::LinkOf link_of = [&](const std::string& path) {
    ways_.emplace(path, ".git/config");
    return link_at(path);
  };
  auto named = changes::git_aliases(host_, source_, {link_of});
  unclear_ = !named;
  if (named) aliases_.insert(aliases_.end(), named->begin(), named->end());
}

std::optional<changes::HeldReason> DirectJudge::on_the_way(const changes::Change& change) const {
  const bool stays =
      change.kind == changes::ChangeKind::added && change.pod.node.kind != changes::NodeKind::symlink;
  const auto way = ways_.find(change.path);
  if (stays || change.kind == changes::ChangeKind::modified || change.kind == changes::ChangeKind::mode ||
      way == ways_.end())
    return std::nullopt;
  changes::HeldQuestion question{.change = change,
                                 .path = way->second,
                                 .link_outside = false,
                                 .git_replaced = false,
                                 .git_carries = false,
                                 .on_host = [this](const std::string& path) { return exists(path); },
                                 .in_pod = [](const std::string&) { return false; }};
  const changes::Change link =
      change_of(way->second, changes::ChangeKind::added, {}, side(changes::NodeKind::symlink));
  const changes::HeldQuestion as_link{link,  way->second,      false,          false,
                                      false, question.on_host, question.in_pod};
  const auto reasons = catalogue_->reasons(as_link);
  return reasons.empty() ? std::nullopt : std::optional(reasons.front());
}

std::optional<changes::HeldReason> DirectJudge::reason_of(const changes::Change& change,
                                                          const Moving* moving) const {
  const bool is_link = change.pod.node.kind == changes::NodeKind::symlink;
  changes::HeldQuestion question{.change = change,
                                 .path = change.path,
                                 .link_outside = is_link && change.kind != changes::ChangeKind::mode &&
                                                 leads_outside(change.path, change.pod.target),
                                 .git_replaced = rewrites_history(change),
                                 .git_carries = false,
                                 .on_host = [this](const std::string& path) { return exists(path); },
                                 .in_pod =
                                     [this, moving](const std::string& path) {
                                       return moving != nullptr && is_below(path, moving->to) &&
                                              exists(in_place_of(path, moving->to, moving->from));
                                     }};
  auto reasons = catalogue_->reasons(question);
  for (const auto& alias : aliases_) {
    if (!reasons.empty()) break;
    if (!is_below(change.path, alias.leads_to) || change.path == alias.at) continue;
    const std::string rest =
        alias.leads_to.empty() ? "/" + change.path : change.path.substr(alias.leads_to.size());
    question.path = alias.at + rest;
    reasons = catalogue_->reasons(question);
  }
  if (!reasons.empty()) return reasons.front();
  return on_the_way(change);
}

std::optional<Held> DirectJudge::ask(changes::Change change, const Moving* moving) {
  if (may_change(change.path)) return std::nullopt;
  learn_aliases();
  if (unclear_) return Held{change.path, kUnclear};
  auto reason = reason_of(change, moving);
  if (!reason) return std::nullopt;
  return Held{std::move(change.path), *std::move(reason)};
}

std::optional<Held> DirectJudge::creates(const std::string& path, changes::NodeKind kind,
                                         const std::string& target) {
  return ask(change_of(path, changes::ChangeKind::added, {}, side(kind, target)));
}

std::optional<Held> DirectJudge::writes(const std::string& path, const changes::Node& node) {
  if (auto held = ask(change_of(path, changes::ChangeKind::modified, side(node.kind), side(node.kind))))
    return held;
  return other_name(path, node);
}

// Of a directory's permissions what is in it depends: a hook that may not be reached is none.
std::optional<Held> DirectJudge::sets(const std::string& path, const changes::Node& node) {
  if (node.kind == changes::NodeKind::directory) {
    auto held = ask(change_of(changes::joined(path, "x"), changes::ChangeKind::modified,
                              side(changes::NodeKind::file), side(changes::NodeKind::file)));
    if (held) return Held{path, std::move(held->reason)};
  }
  if (auto held = ask(change_of(path, changes::ChangeKind::mode, side(node.kind), side(node.kind))))
    return held;
  return other_name(path, node);
}

std::optional<Held> DirectJudge::removes(const std::string& path, const changes::Node& node) {
  return ask(change_of(path, changes::ChangeKind::deleted, side(node.kind), side(changes::NodeKind::none)));
}

std::optional<Held> DirectJudge::links(const std::string& from, const changes::Node& node,
                                       const std::string& to) {
  if (auto held = writes(from, node)) return held;
  return creates(to, node.kind);
}

std::optional<Held> DirectJudge::moves_one(const std::string& from, const changes::Node& node,
                                           const std::string& to, const changes::Node& over,
                                           const std::string& target, const Moving& moving) {
  if (auto held = removes(from, node)) return held;
  const changes::ChangeKind kind = over.kind == changes::NodeKind::none ? changes::ChangeKind::added
                                   : over.kind == node.kind             ? changes::ChangeKind::modified
                                                                        : changes::ChangeKind::retyped;
  return ask(change_of(to, kind, side(over.kind), side(node.kind, target)), &moving);
}

std::optional<Held> DirectJudge::moves(const std::string& from, const changes::Node& node,
                                       const std::string& to, const changes::Node& over) {
  const Moving moving{from, to};
  std::string target;
  if (node.kind == changes::NodeKind::symlink) target = link_at(from).value_or("/");
  if (auto held = moves_one(from, node, to, over, target, moving)) return held;
  if (over.kind == changes::NodeKind::symlink || over.kind == changes::NodeKind::directory)
    if (auto held = removes(to, over)) return held;
  if (node.kind != changes::NodeKind::directory || (may_change(from) && may_change(to))) return std::nullopt;
  for (const auto& alias : aliases_)
    if (is_below(alias.leads_to, from) && !may_change(alias.leads_to))
      if (auto held =
              ask(change_of(alias.at, changes::ChangeKind::deleted, side(changes::NodeKind::symlink), {})))
        return Held{alias.leads_to, std::move(held->reason)};
  return moves_below(moving);
}

std::optional<Held> DirectJudge::moves_below(const Moving& moving) {
  std::optional<Held> held;
  const bool whole = each_below(
      host_, moving.from, kDirectWalkMax, [&](const auto& path, const changes::Node& node, int dir) {
        std::string target;
        if (node.kind == changes::NodeKind::symlink)
          target = changes::link_target(dir, changes::leaf_of(path)).value_or("/");
        held =
            moves_one(path, node, in_place_of(path, moving.from, moving.to), changes::Node{}, target, moving);
        return !held;
      });
  if (!whole && !held) return Held{moving.from, kTooMany};
  return held;
}

// A file with several names may be written when none of the others is held. They cannot become held later by
// the pod's doing: no name of the catalogue is ever given to a file.
std::optional<Held> DirectJudge::other_name(const std::string& path, const changes::Node& node) {
  if (node.kind != changes::NodeKind::file || node.links < 2 || may_change(path)) return std::nullopt;
  scan();
  if (too_many_) return Held{path, kTooMany};
  const auto found = several_names_.find({node.device, node.inode});
  if (found == several_names_.end()) return std::nullopt;
  return found->second;
}

void DirectJudge::scan() {
  if (scanned_) return;
  scanned_ = true;
  struct Names {
    std::uint64_t seen = 0;
    std::uint64_t links = 0;
    std::string path;
  };
  std::map<std::pair<std::uint64_t, std::uint64_t>, Names> all;
  const bool whole =
      each_below(host_, "", kDirectScanMax, [&](const auto& path, const changes::Node& node, int) {
        if (node.kind != changes::NodeKind::file || node.links < 2) return true;
        const std::pair file(node.device, node.inode);
        Names& names = all[file];
        names = {names.seen + 1, node.links, path};
        if (auto held = ask(change_of(path, changes::ChangeKind::modified, side(node.kind), side(node.kind))))
          several_names_.emplace(file, *std::move(held));
        return true;
      });
  too_many_ = !whole;
  for (const auto& [file, names] : all)
    if (names.seen < names.links) several_names_.emplace(file, Held{names.path, kNameOutside});
}

bool DirectJudge::is_shown(const std::string& path) const {
  return std::any_of(shown_.begin(), shown_.end(), [&](const auto& one) { return is_within(path, one); });
}

bool DirectJudge::leads_outside(const std::string& path, const std::string& target) const {
  if (target == changes::leaf_of(path)) return false;
  const changes::LinkOf link_of = [this](const std::string& at) { return link_at(at); };
  const bool absolute = target.starts_with('/');
  if (target == at_ || target == at_ + "/") return false;
  if (absolute && is_within(target, at_))
    return !changes::link_leads_to("top", target.substr(at_.size() + 1), link_of);
  if (!absolute && changes::link_leads_to(path, target, link_of)) return false;
  const std::filesystem::path whole = absolute
                                          ? std::filesystem::path(target)
                                          : std::filesystem::path(at_) / changes::parent_of(path) / target;
  return !is_shown(whole.lexically_normal().string());
}

}  // namespace weir::pod
