// Whether a change in a direct workspace (direct.h) touches what the catalogue holds. Nothing is changed
// here.
//
//   if (auto held = judge.creates(".claude/hooks/x.sh", NodeKind::file)) … held->reason.runs
//
// Asked as a review asks (review.h), one change at a time and before it is made: by every name that the
// changed file goes by, and of a directory by everything that is in it. What a review would not hold because
// a person looks at the whole is refused here where it would let a later change pass unasked:
//
//   hard links   a name for a held file, and writing to one that was there before
//   the way      of a link at a name of the catalogue ("CLAUDE.md" -> "docs/a.md"), or of what git's
//                configuration names: no part of it is moved, removed or made a link
//
// Not asked: whether a file becomes executable (every build makes such), and what commits carry (told at the
// end, direct_git.h). Inside the room only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "changes/alias.h"
#include "changes/beneath.h"
#include "changes/held.h"
#include "pod/direct_report.h"
#include "pod/pod_spec.h"

namespace weir::pod {

// More than this below a directory that is renamed, and it is not.
inline constexpr std::size_t kDirectWalkMax = 100'000;
// Entries that are looked at, once, for other names of a file that has several; a workspace that has more:
// no file with several names is written.
inline constexpr std::size_t kDirectScanMax = 1'000'000;

class DirectJudge {
 public:
  // `host`: the workspace opened, for as long as this lives.
  DirectJudge(int host, const PodPlan& plan, const PodMount& workspace, const DirectRules& rules);

  // None: nothing speaks against it. `node`: what is there now.
  std::optional<Held> creates(const std::string& path, changes::NodeKind kind,
                              const std::string& target = {});
  std::optional<Held> writes(const std::string& path, const changes::Node& node);
  std::optional<Held> sets(const std::string& path, const changes::Node& node);  // mode, owner, times
  std::optional<Held> removes(const std::string& path, const changes::Node& node);
  // From one name to another, at which `over` is now.
  std::optional<Held> moves(const std::string& from, const changes::Node& node, const std::string& to,
                            const changes::Node& over);
  std::optional<Held> links(const std::string& from, const changes::Node& node, const std::string& to);
  // Is something of the pod's own mounted at this path or below?
  bool holds_mount(const std::string& path) const;

 private:
  // Where names lie while a move is judged that has not been made.
  struct Moving {
    std::string from, to;
  };

  bool may_change(const std::string& path) const;
  void learn_aliases();
  std::optional<Held> ask(changes::Change change, const Moving* moving = nullptr);
  std::optional<changes::HeldReason> reason_of(const changes::Change& change, const Moving* moving) const;
  std::optional<changes::HeldReason> on_the_way(const changes::Change& change) const;
  std::optional<Held> moves_one(const std::string& from, const changes::Node& node, const std::string& to,
                                const changes::Node& over, const std::string& target, const Moving& moving);
  std::optional<Held> moves_below(const Moving& moving);
  std::optional<Held> other_name(const std::string& path, const changes::Node& node);
  void scan();
  bool leads_outside(const std::string& path, const std::string& target) const;
  bool is_shown(const std::string& path) const;
  std::optional<std::string> link_at(const std::string& path) const;
  bool exists(const std::string& path) const;

  int host_;
  std::string at_;      // the workspace in the pod,
  std::string source_;  // and on the host
  const changes::HeldCatalogue* catalogue_;
  std::vector<std::string> changeable_;
  std::vector<std::string> shown_;   // read-only in the pod, absolute
  std::vector<std::string> mounts_;  // of the pod inside the workspace, relative
  bool learned_ = false;
  bool unclear_ = false;  // git's configuration cannot be followed
  std::vector<changes::Alias> aliases_;
  std::map<std::string, std::string> ways_;  // what a name of the catalogue leads through: that name
  bool scanned_ = false;
  bool too_many_ = false;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Held> several_names_;  // held ones, by device and inode
};

}  // namespace weir::pod
