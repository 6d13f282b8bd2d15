// What programs looked for that a pod does not show and the host has: the material of a profile (`weir pod
// learn`).
//
//   Learner learner({.home = "/home/ann", .is_secret = …, .keep_out = {…}});
//   options.supervise.on_lookup = [&](const LookUp& lookup) { learner.look(lookup); };
//   … after a run …
//   for (const auto& path : learner.missing()) …     // "/home/ann/sdk", "/opt/tool"
//
// Of a file the directory is proposed that a person would name: `~/sdk` for `~/sdk/lib/x.so`, but never one
// in which a file of keys, tokens or passwords lies: then what is below it on the way to the file. Such files
// themselves are never proposed; they are told (withheld()).
//
// Advisory: what a program says that it looks for may be anything. Nothing is shown because of it but what a
// person puts into a profile, or what a run of `weir pod learn` tries in a pod.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pod/supervised_call.h"

namespace weir::pod {

inline constexpr std::size_t kLearnedMax = 512;      // paths of each kind; more are left out
inline constexpr std::size_t kSearchedMax = 20'000;  // files looked at for secrets in one directory

class Learner {
 public:
  struct Setup {
    std::string home;
    std::vector<std::string> keep_out;                       // and all in them: Weir's own
    std::function<bool(const std::string& path)> is_secret;  // by its name
  };
  explicit Learner(Setup setup) : setup_(std::move(setup)) {}

  void look(const LookUp& lookup);

  // What to show, sorted; nothing that lies in something else of it.
  std::vector<std::string> missing() const;
  // For each of `shown`, the paths of an earlier round: did a program open or run anything there since?
  bool opened(const std::string& shown) const;
  // Files of secrets that were looked for and are on the host.
  const std::set<std::string>& withheld() const { return withheld_; }
  // For the next round: what was found so far is forgotten, withheld() stays.
  void begin_round();

 private:
  void miss(const std::string& path);
  std::string place_of(const std::string& path) const;
  bool holds_secrets(const std::string& directory) const;
  bool is_out_of_bounds(const std::string& path) const;

  Setup setup_;
  std::set<std::string> seen_;  // paths that were looked at on the host
  std::set<std::string> missing_;
  std::set<std::string> opened_;  // where programs opened or ran something
  std::set<std::string> withheld_;
  mutable std::map<std::string, bool> searched_;
};

}  // namespace weir::pod
