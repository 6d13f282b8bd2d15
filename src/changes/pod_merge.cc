#include "changes/pod_merge.h"

#include <algorithm>
#include <map>
#include <set>

#include "changes/merge_text.h"
#include "changes/overlay_changes.h"
#include "changes/side.h"

namespace weir::changes {
namespace {

constexpr std::uint32_t kPermissions = 0777;

// What one member has at a path.
struct Version {
  std::size_t member = 0;
  const Change* change = nullptr;
};
using Versions = std::vector<Version>;

std::string state_of(const Change& change) {
  return change.kind == ChangeKind::deleted ? "deleted" : state_text(change.pod);
}

bool is_file(const Change& change) {
  return change.host.node.kind == NodeKind::file && change.pod.node.kind == NodeKind::file &&
         change.kind != ChangeKind::deleted;
}

bool is_directory(const Change& change) {
  return change.kind != ChangeKind::deleted && change.pod.node.kind == NodeKind::directory;
}

class Planner {
 public:
  explicit Planner(const std::vector<MergeMember>& members) : members_(members) {}

  Result<Merge> run() {
    std::vector<std::vector<Change>> all;
    for (const auto& member : members_) {
      TRY(auto changes, overlay_changes(member.open.host.get(), member.open.upper.get()));
      TRY(const auto discarded, read_path_records(member.open.discarded_file(), "discarded"));
      std::erase_if(changes, [&](const Change& change) {
        const auto put = discarded.find(change.path);
        return put != discarded.end() && put->second.pod == state_text(change.pod);
      });
      all.push_back(std::move(changes));
    }
    std::map<std::string, Versions> paths;
    for (std::size_t member = 0; member < all.size(); ++member)
      for (const auto& change : all[member])
        paths[change.path].push_back({member, &change});
    for (const auto& [path, versions] : paths)
      decide(path, versions);
    give_way();
    leave_what_lies_below();
    return result();
  }

 private:
  // Paths below this one, in a map that is sorted by path: "a/" to "a0".
  template <class Map>
  static auto below(Map& map, const std::string& path) {
    return std::pair(map.lower_bound(path + "/"), map.lower_bound(path + "0"));
  }

  std::string names(const Versions& versions) const {
    std::string out;
    for (const auto& one : versions)
      out += (out.empty() ? "" : ", ") + members_[one.member].name;
    return out;
  }
  static std::vector<std::size_t> who(const Versions& versions) {
    std::vector<std::size_t> out;
    for (const auto& one : versions)
      out.push_back(one.member);
    return out;
  }

  void choose(const std::string& path, const Versions& versions, const Version& from, std::uint32_t mode,
              std::optional<std::string> text = {}) {
    choices_[path] = {*from.change, from.member, mode, std::move(text), who(versions)};
  }
  void leave(const std::string& path, const Versions& versions, std::string why) {
    MergeConflict conflict{path, std::move(why), who(versions), {}};
    for (const auto& one : versions)
      conflict.states.push_back(state_of(*one.change));
    conflicts_[path] = std::move(conflict);
  }

  void decide(const std::string& path, const Versions& versions) {
    const Change& first = *versions[0].change;
    for (const auto& one : versions)
      if (!one.change->problem.empty())
        return leave(path, versions, members_[one.member].name + ": " + one.change->problem);
    const auto all = [&](const auto& holds) { return std::ranges::all_of(versions, holds); };
    if (all([&](const Version& one) { return state_of(*one.change) == state_of(first); }))
      return choose(path, versions, versions[0], first.pod.node.mode);
    if (all([](const Version& one) { return is_directory(*one.change); })) {
      std::uint32_t mode = kPermissions;
      for (const auto& one : versions)
        mode &= one.change->pod.node.mode;
      return choose(path, versions, versions[0], mode);
    }
    if (all([](const Version& one) { return is_file(*one.change); })) return decide_file(path, versions);
    std::string why;
    for (const auto& one : versions)
      why += (why.empty() ? "" : ", ") + std::string(name(one.change->kind)) + " by " +
             members_[one.member].name;
    leave(path, versions, why);
  }

  // The one of all that is not the host's; none when there are two.
  template <class Value>
  static std::optional<Value> only(const Versions& versions, const Value& host, const auto& of) {
    Value found = host;
    for (const auto& one : versions) {
      const Value value = of(*one.change);
      if (value == host || value == found) continue;
      if (found != host) return std::nullopt;
      found = value;
    }
    return found;
  }

  void decide_file(const std::string& path, const Versions& versions) {
    const Side& host = versions[0].change->host;
    const auto mode = only<std::uint32_t>(versions, host.node.mode & kPermissions, [](const Change& change) {
      return change.pod.node.mode & kPermissions;
    });
    if (!mode) return leave(path, versions, "different permissions by " + names(versions));
    const auto content =
        only<std::string>(versions, host.content, [](const Change& change) { return change.pod.content; });
    if (content) {
      const auto from = std::ranges::find_if(
          versions, [&](const Version& one) { return one.change->pod.content == *content; });
      return choose(path, versions, from == versions.end() ? versions[0] : *from, *mode);
    }
    const std::string why = "changed differently by " + names(versions);
    if (host.node.ctime_ns > members_[versions[0].member].open.pod.base_ns)
      return leave(path, versions, why + "; the host changed it, too");
    auto text = merged_text(path, versions);
    if (!text) return leave(path, versions, why);
    choose(path, versions, versions[0], *mode, std::move(text));
  }

  std::optional<std::string> merged_text(const std::string& path, const Versions& versions) const {
    const auto read = [&](int root) -> std::optional<std::string> {
      auto text = read_beneath(root, path, kMergeTextBytesMax);
      if (!text || text->contains('\0')) return std::nullopt;
      return *std::move(text);
    };
    const auto base = read(members_[versions[0].member].open.host.get());
    if (!base) return std::nullopt;
    std::optional<std::string> merged = base;
    for (const auto& one : versions) {
      const auto theirs = read(members_[one.member].open.upper.get());
      if (!theirs) return std::nullopt;
      merged = merge_texts(*base, *merged, *theirs);
      if (!merged) return std::nullopt;
    }
    return merged;
  }

  // A directory of the host that would go while something below it is kept, the deepest first.
  void give_way() {
    std::vector<std::string> going;
    for (const auto& [path, choice] : choices_)
      if (choice.change.host.node.kind == NodeKind::directory && !is_directory(choice.change))
        going.push_back(path);
    for (auto path = going.rbegin(); path != going.rend(); ++path) {
      const auto [begin, end] = below(choices_, *path);
      const auto [left, left_end] = below(conflicts_, *path);
      const bool kept = left != left_end || std::any_of(begin, end, [](const auto& one) {
                          return one.second.change.kind != ChangeKind::deleted;
                        });
      if (!kept) continue;
      const MergeChoice choice = choices_.at(*path);
      choices_.erase(*path);
      if (choice.change.kind == ChangeKind::deleted) continue;
      Versions versions;
      for (const std::size_t member : choice.members)
        versions.push_back({member, &choice.change});
      leave(*path, versions,
            "no directory any more for " + names(versions) + ", others changed what is in it");
    }
  }

  void leave_what_lies_below() {
    std::vector<MergeConflict> more;
    for (const auto& [path, conflict] : conflicts_) {
      const auto [begin, end] = below(choices_, path);
      for (auto one = begin; one != end; ++one)
        more.push_back({one->first, "lies in " + path, one->second.members,
                        std::vector(one->second.members.size(), state_of(one->second.change))});
      choices_.erase(begin, end);
    }
    for (auto& one : more)
      conflicts_.try_emplace(one.path, std::move(one));
  }

  Merge result() {
    Merge merge;
    for (auto& [path, choice] : choices_)
      merge.choices.push_back(std::move(choice));
    for (auto& [path, conflict] : conflicts_)
      merge.conflicts.push_back(std::move(conflict));
    return merge;
  }

  const std::vector<MergeMember>& members_;
  std::map<std::string, MergeChoice> choices_;
  std::map<std::string, MergeConflict> conflicts_;
};

}  // namespace

Result<Merge> plan_merge(const std::vector<MergeMember>& members) {
  return Planner(members).run();
}

bool is_settled(int host_root, const MergeConflict& conflict) {
  const auto dir = open_dir_beneath(host_root, parent_of(conflict.path));
  return std::ranges::any_of(conflict.states, [&](const std::string& state) {
    if (!dir) return state == "deleted";
    const auto has = holds(dir->get(), leaf_of(conflict.path), state);
    return has && *has;
  });
}

}  // namespace weir::changes
