#include "changes/overlay_changes.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>

#include "changes/side.h"

namespace weir::changes {
namespace {

constexpr const char* kOpaque = "user.overlay.opaque";
constexpr const char* kWhiteout = "user.overlay.whiteout";
constexpr const char* kMetacopy = "user.overlay.metacopy";
constexpr const char* kRedirect = "user.overlay.redirect";
constexpr const char* kOrigin = "user.overlay.origin";
constexpr std::uint32_t kSpecialBits = 07000;

// A directory of the upper layer that is still to be looked at.
struct Place {
  std::string path;
  bool host_is_dir = false;
  std::int64_t above_ctime_ns = 0;  // of the nearest directory above that the host has
};

class Walk {
 public:
  Walk(int host, int upper, const ChangeLimits& limits) : host_(host), upper_(upper), limits_(limits) {}

  Result<std::vector<Change>> run() {
    places_.push_back({"", true, 0});
    while (!places_.empty()) {
      const Place place = std::move(places_.back());
      places_.pop_back();
      TRY_STATUS(visit(place));
    }
    return sorted();
  }

 private:
  // Both sides of one directory; host may be none.
  struct Dirs {
    std::string path;
    int upper = -1;
    int host = -1;
    std::string host_trouble;        // why the host's cannot be compared although it is there
    std::int64_t host_ctime_ns = 0;  // where the host has none: of the nearest above
  };

  std::vector<Change> sorted();
  Status visit(const Place& place);
  Status entry(const Dirs& dirs, const std::string& name);
  Status directory(Change change);
  Status file(const Dirs& dirs, const std::string& name, Change change);
  Status symlink(const Dirs& dirs, const std::string& name, Change change);
  // One thing of the host's that the pod took away; what is in a directory counts by deleted_below().
  Status deleted(int dir, const std::string& path, const Node& node);
  Status deleted_below(const std::string& path);
  Status deleted_tree(int dir, const std::string& path, const Node& node);
  Status count(const std::string& path);
  Status read_once(int dir, const std::string& name, Side& side);
  bool too_long(const std::string& path);
  void problem(Change change, std::string why);

  int host_;
  int upper_;
  ChangeLimits limits_;
  std::vector<Place> places_;
  std::vector<Change> changes_;
  std::size_t entries_ = 0;
  std::size_t paths_bytes_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> contents_;  // of files with many names
};

std::string short_reason(const Error& error) {
  return error.what;
}

Change change_at(std::string path, ChangeKind kind, NodeKind host, NodeKind pod) {
  Change change;
  change.path = std::move(path);
  change.kind = kind;
  change.host.node.kind = host;
  change.pod.node.kind = pod;
  return change;
}

// A copy of the host's under a name that the host has not: the pod linked it, or moved it, when what it took
// away is the same. Else the host took it away.
void tell_moved(std::vector<Change>& changes) {
  std::set<std::string> taken_away;
  for (const auto& one : changes)
    if (one.kind == ChangeKind::deleted && one.host.node.kind == NodeKind::file)
      taken_away.insert(one.host.content);
  for (auto& one : changes) {
    if (!one.began_with_host) continue;
    one.began_with_host = one.pod.node.links == 1 && !taken_away.contains(one.pod.content);
    if (one.began_with_host)
      one.notes.emplace_back("made from a file of the host's; the host has none of this name");
  }
}

// A directory that could not be entered was a change before it became a problem: the problem stays.
std::vector<Change> Walk::sorted() {
  tell_moved(changes_);
  std::stable_sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
    return a.path != b.path ? a.path < b.path : a.problem.size() > b.problem.size();
  });
  const auto same = [](const Change& a, const Change& b) { return a.path == b.path; };
  changes_.erase(std::unique(changes_.begin(), changes_.end(), same), changes_.end());
  return std::move(changes_);
}

Status Walk::count(const std::string& path) {
  constexpr const char* kHint = "the pod's upper directory lies in its state; discard it with `weir discard`";
  paths_bytes_ += path.size();
  if (++entries_ > limits_.entries_max)
    return fail(ErrorCode::limit, "more than " + std::to_string(limits_.entries_max) + " entries to compare",
                {}, kHint);
  if (paths_bytes_ > limits_.all_paths_bytes_max)
    return fail(ErrorCode::limit,
                "the paths of all entries to compare have more than " +
                    std::to_string(limits_.all_paths_bytes_max >> 20) + " MiB",
                {}, kHint);
  return {};
}

// A file with ten thousand names is read once. What changes meanwhile is found by the commit, which compares
// what it copies.
Status Walk::read_once(int dir, const std::string& name, Side& side) {
  if (side.node.kind != NodeKind::file || side.node.links < 2) return read_side(dir, name, side);
  auto& content = contents_[{side.node.device, side.node.inode}];
  if (content.empty()) {
    TRY_STATUS(read_side(dir, name, side));
    content = side.content;
  }
  side.content = content;
  return {};
}

bool Walk::too_long(const std::string& path) {
  return path.size() > limits_.path_bytes_max;
}

void Walk::problem(Change change, std::string why) {
  change.problem = std::move(why);
  if (change.host.node.kind != NodeKind::none && change.kind == ChangeKind::added)
    change.kind = ChangeKind::modified;
  changes_.push_back(std::move(change));
}

Status Walk::visit(const Place& place) {
  const auto upper = open_dir_beneath(upper_, place.path);
  if (!upper) {
    if (place.path.empty()) return std::unexpected(upper.error());
    problem(change_at(place.path, ChangeKind::added, NodeKind::none, NodeKind::directory),
            "the directory cannot be read: " + short_reason(upper.error()));
    return {};
  }
  os::Fd host;
  std::string host_trouble;
  if (place.host_is_dir) {
    auto opened = open_dir_beneath(host_, place.path);
    if (!opened && place.path.empty()) return std::unexpected(opened.error());
    if (opened)
      host = *std::move(opened);
    else
      host_trouble = "the host's directory cannot be read: " + short_reason(opened.error());
  }
  if (attribute(upper->get(), kRedirect)) {
    problem(change_at(place.path, ChangeKind::modified, NodeKind::directory, NodeKind::directory),
            "a directory that stands for another one (overlay redirect)");
    return {};
  }
  std::int64_t host_ctime_ns = place.above_ctime_ns;
  if (host) {
    TRY(const Node node, node_of(host.get()));
    host_ctime_ns = node.ctime_ns;
  }
  const Dirs dirs{place.path, upper->get(), host ? host.get() : -1, std::move(host_trouble), host_ctime_ns};
  TRY(auto names, names_in(dirs.upper, limits_.entries_max + 1));
  for (const auto& name : names)
    TRY_STATUS(entry(dirs, name));
  if (!host || attribute(dirs.upper, kOpaque) != "y") return {};
  const std::set<std::string> kept(names.begin(), names.end());
  TRY(const auto host_names, names_in(dirs.host, limits_.entries_max + 1));
  for (const auto& name : host_names) {
    if (kept.contains(name)) continue;
    TRY(const Node node, node_at(dirs.host, name));
    TRY_STATUS(deleted_tree(dirs.host, joined(place.path, name), node));
  }
  return {};
}

// An empty file may be a whiteout in its newer form; any file may be a copy of metadata without content.
Result<Node> upper_node(int dir, const std::string& name, std::string& trouble, bool& copied) {
  TRY(Node node, node_at(dir, name));
  if (node.kind != NodeKind::file) return node;
  const auto fd = open_beneath(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd) {
    trouble = "the file cannot be read: " + short_reason(fd.error());
    return node;
  }
  if (node.size == 0 && attribute(fd->get(), kWhiteout)) node.kind = NodeKind::whiteout;
  if (attribute(fd->get(), kMetacopy))
    trouble = "only its permissions were copied, not its content (overlay metacopy)";
  copied = attribute(fd->get(), kOrigin).has_value();
  return node;
}

Status Walk::entry(const Dirs& dirs, const std::string& name) {
  Change change = change_at(joined(dirs.path, name), ChangeKind::added, NodeKind::none, NodeKind::none);
  TRY_STATUS(count(change.path));
  std::string trouble;
  bool copied = false;
  const auto pod_node = upper_node(dirs.upper, name, trouble, copied);
  const auto host_node = dirs.host >= 0 ? node_at(dirs.host, name) : Result<Node>(Node{});
  if (!pod_node || !host_node) {
    problem(std::move(change),
            "it cannot be looked at: " + short_reason(pod_node ? host_node.error() : pod_node.error()));
    return {};
  }
  change.pod.node = *pod_node;
  change.host.node = *host_node;
  change.host_above_ctime_ns = dirs.host_ctime_ns;
  if (!dirs.host_trouble.empty() && change.pod.node.kind != NodeKind::none) {
    if (change.pod.node.kind == NodeKind::whiteout) change.kind = ChangeKind::deleted;
    problem(std::move(change), dirs.host_trouble);
    return {};
  }
  const NodeKind had = change.host.node.kind;
  const NodeKind has = change.pod.node.kind;
  if (has == NodeKind::none) return {};  // taken away again meanwhile
  if (has == NodeKind::whiteout)
    return had == NodeKind::none ? Status() : deleted_tree(dirs.host, change.path, change.host.node);
  if (too_long(change.path))
    trouble = "the path is longer than " + std::to_string(limits_.path_bytes_max) + " bytes";
  if (has == NodeKind::other)
    trouble = "a device, socket or named pipe: a pod's stay in the pod";
  else if (had == NodeKind::other)
    trouble = "the host has a device, socket or named pipe here";
  if (!trouble.empty()) {
    problem(std::move(change), std::move(trouble));
    return {};
  }
  change.mode = committed_mode(change.host.node, change.pod.node);
  if (had != NodeKind::none) change.kind = had == has ? ChangeKind::modified : ChangeKind::retyped;
  change.began_with_host = had == NodeKind::none && copied;
  if (had == NodeKind::directory && has != NodeKind::directory) TRY_STATUS(deleted_below(change.path));
  if (auto read = had == NodeKind::none ? Status() : read_side(dirs.host, name, change.host); !read) {
    problem(std::move(change), "the host's cannot be read: " + short_reason(read.error()));
    return {};
  }
  if (has == NodeKind::directory) return directory(std::move(change));
  return has == NodeKind::file ? file(dirs, name, std::move(change)) : symlink(dirs, name, std::move(change));
}

Status Walk::directory(Change change) {
  places_.push_back({change.path, change.host.node.kind == NodeKind::directory, change.host_above_ctime_ns});
  if (change.kind == ChangeKind::modified) {
    if (change.mode == (change.host.node.mode & 0777)) return {};
    change.kind = ChangeKind::mode;
  }
  changes_.push_back(std::move(change));
  return {};
}

Status Walk::file(const Dirs& dirs, const std::string& name, Change change) {
  if (auto read = read_once(dirs.upper, name, change.pod); !read) {
    problem(std::move(change), "the file cannot be read: " + short_reason(read.error()));
    return {};
  }
  if (change.kind == ChangeKind::modified && change.host.content == change.pod.content) {
    // Content and, with what a commit never gives taken off, permissions as they were: nothing happened.
    if (change.mode == (change.host.node.mode & 0777)) return {};
    change.kind = ChangeKind::mode;
  }
  if ((change.pod.node.mode & kSpecialBits) != 0)
    change.notes.emplace_back("set-user-ID, set-group-ID and sticky are not kept");
  if (change.pod.node.links > 1)
    change.notes.emplace_back("one of " + std::to_string(change.pod.node.links) +
                              " names of one file in the pod: committed as a file of its own");
  changes_.push_back(std::move(change));
  return {};
}

Status Walk::symlink(const Dirs& dirs, const std::string& name, Change change) {
  if (auto read = read_side(dirs.upper, name, change.pod); !read) {
    problem(std::move(change), "the link cannot be read: " + short_reason(read.error()));
    return {};
  }
  if (change.kind == ChangeKind::modified && change.host.content == change.pod.content) return {};
  change.mode = 0777;  // a link's own permissions mean nothing (symlink(7))
  changes_.push_back(std::move(change));
  return {};
}

Status Walk::deleted(int dir, const std::string& path, const Node& node) {
  TRY_STATUS(count(path));
  if (node.kind == NodeKind::none) return {};
  Change change = change_at(path, ChangeKind::deleted, node.kind, NodeKind::whiteout);
  change.host.node = node;
  if (node.kind == NodeKind::other)
    change.problem = "the host has a device, socket or named pipe here";
  else if (auto read = read_side(dir, leaf_of(path), change.host); !read)
    change.problem = "the host's cannot be read: " + short_reason(read.error());
  changes_.push_back(std::move(change));
  return {};
}

Status Walk::deleted_tree(int dir, const std::string& path, const Node& node) {
  TRY_STATUS(deleted(dir, path, node));
  return node.kind == NodeKind::directory ? deleted_below(path) : Status();
}

Status Walk::deleted_below(const std::string& top) {
  std::vector<std::string> left{top};
  while (!left.empty()) {
    const std::string path = std::move(left.back());
    left.pop_back();
    const auto dir = open_dir_beneath(host_, path);
    if (!dir) {
      problem(change_at(path, ChangeKind::deleted, NodeKind::directory, NodeKind::whiteout),
              "the host's directory cannot be read: " + short_reason(dir.error()));
      continue;
    }
    TRY(const auto names, names_in(dir->get(), limits_.entries_max + 1));
    for (const auto& name : names) {
      const auto node = node_at(dir->get(), name);
      if (!node) {
        problem(change_at(joined(path, name), ChangeKind::deleted, NodeKind::file, NodeKind::whiteout),
                "the host's cannot be looked at: " + short_reason(node.error()));
        continue;
      }
      TRY_STATUS(deleted(dir->get(), joined(path, name), *node));
      if (node->kind == NodeKind::directory) left.push_back(joined(path, name));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Change>> overlay_changes(int host_root, int upper_root, const ChangeLimits& limits) {
  return Walk(host_root, upper_root, limits).run();
}

}  // namespace weir::changes
