// The catalogue of delayed-execution files: what some program on the host would run later, without being
// asked again, because it stands in a file of that name (content/held/catalogue.yaml). A pod's change to one
// of them is held: shown apart, with what would run it and when, and committed only when a person names it.
//
//   TRY(const auto catalogue, HeldCatalogue::parse(text, "held/catalogue.yaml"));
//   for (const auto& reason : catalogue.reasons(question)) … reason.runs   // "git runs it at the next
//   commit"
//
// The catalogue, YAML, unknown members refused:
//
//   held:
//     - id: git-hooks                  # unique: letters, digits, "-"
//       runs: git runs it at …         # one phrase, for people
//       globs: [".git/hooks/**"]       # pod/path_glob.h; a name counts whether it was there before or not
//       beside: [HEAD, objects]        # optional: only where all of these lie beside the glob's beginning
//       only_new: true                 # optional: only where the host has nothing at the glob's first name
//       not_in: [.git]                 # optional: not where the glob begins right in a directory of this
//       name
//     - id: becomes-executable
//       runs: …
//       property: executable     # instead of globs; or link-outside, git-replaced, git-carries:
//       git_history.h
//
// A link in place of a directory, before or now, counts as everything that could lie in that directory. What
// a link of the workspace leads to counts by the link's name too (spelled_out()).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "changes/change.h"
#include "changes/path_glob.h"

namespace weir::changes {

struct HeldReason {
  std::string id;
  std::string runs;
  bool operator==(const HeldReason&) const = default;
};

// What is asked of one change. The callbacks say whether a path relative to the workspace exists.
struct HeldQuestion {
  const Change& change;
  // The name by which it is looked up: change.path, or one that a link of the workspace gives it.
  std::string path;
  bool link_outside = false;
  bool git_replaced = false;  // takes git's history away or puts another in its place
  bool git_carries = false;   // makes git bring what would itself be held
  std::function<bool(const std::string&)> on_host;
  std::function<bool(const std::string&)> in_pod;
};

class HeldCatalogue {
 public:
  // `where` names the text in errors.
  static Result<HeldCatalogue> parse(std::string_view text, std::string_view where);

  // In the catalogue's order; empty: not held.
  std::vector<HeldReason> reasons(const HeldQuestion& question) const;
  std::size_t size() const { return entries_.size(); }

  // Every name at the workspace's root that a glob without wildcards spells out, and the directories on its
  // way: ".github", ".github/copilot-instructions.md". A link there gives another file that name.
  std::vector<std::string> spelled_out() const;

 private:
  enum class Property { none, executable, link_outside, git_replaced, git_carries };
  static std::optional<Property> property_named(std::string_view name);
  struct Entry {
    HeldReason reason;
    Property property = Property::none;
    std::vector<PathGlob> globs;
    std::vector<std::string> beside;
    bool only_new = false;
    std::vector<std::string> not_in;  // small letters
  };
  struct Place {
    std::size_t entry;
    std::size_t glob;
  };

  static Result<Entry> read_entry(const Json& json, const std::string& where);
  void index();
  bool applies(const Entry& entry, const HeldQuestion& question, std::size_t begin) const;

  std::vector<Entry> entries_;
  std::multimap<std::string, Place, std::less<>> by_name_;
  std::vector<Place> others_;  // globs of wildcards alone
};

// The target of the link at a relative path, as the pod sees it; none when there is no link.
using LinkOf = std::function<std::optional<std::string>(const std::string& path)>;

// Where a link at `path` with this target leads, relative to the workspace ("" is its root). None when it
// leads out: absolute, climbing above the root, in a circle, or through another link that does, or more than
// 500 names long.
std::optional<std::string> link_leads_to(const std::string& path, const std::string& target,
                                         const LinkOf& link_of);

}  // namespace weir::changes
