// Where what a program holds has come from: from which hosts, out of which files, through which programs,
// files and pipes.
//
//   Provenance known;
//   known.started(curl, shell, "curl");
//   known.came_from(curl, {Origin::Kind::host, "pages.example:443"});
//   known.writes(curl, "/w/page");
//   known.reads(sed, "/w/page");
//   known.of(sed)   → pages.example:443 by curl, /w/page, sed
//
// A graph of programs and of what data passes through, after whole-system provenance (T. Pasquier and others,
// "Practical Whole-System Provenance Capture", 2017), with origins carried forward at once: whoever can have
// got something has got it. A link stays as long as its program lives, so what a writer learns later reaches
// what it has written to, and who reads that. Programs that have ended pass on nothing more.
//
// Too much is told rather than too little: a program that has read a file holds all of it, a copy of it is
// all of it. What is closed (close()) takes and does not give: an agent, of which Weir knows by other ways
// what it read.
//
// A value: no I/O, no clock. Inside the room only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pod/supervised_call.h"

namespace weir::pod {

inline constexpr std::size_t kPlacesMax = 16'384;  // files and channels that are remembered
inline constexpr std::size_t kOriginsMax = 64;     // of one program or file; more are left out, which is said
inline constexpr std::size_t kStepsMax = 16;       // told of one origin

class Provenance {
 public:
  // A program as it was executed, or a copy of it by fork: the mark of its lineage, and its process.
  struct Program {
    std::uint64_t mark = 0;
    pid_t pid = 0;
    auto operator<=>(const Program&) const = default;
  };

  // It holds what `parent` held so far.
  void started(Program program, Program parent, std::string_view name);
  // A copy of a program that runs: it also has what that has open.
  void forked(Program copy, Program of);
  bool knows(Program program) const { return programs_.contains(program); }
  bool has(const std::string& place) const { return places_.contains(place); }
  void reads(Program program, const std::string& place);
  void writes(Program program, const std::string& place);
  // What `from` holds is in `to` as well; neither hears of what the other gets later.
  void copied(const std::string& from, const std::string& to);
  void came_from(Program program, const Origin& origin);
  void is_origin(const std::string& place, const Origin& origin);
  void close(Program program);

  std::vector<Origin> of(Program program) const;
  // Something was forgotten since: `of` may tell too little.
  bool complete() const { return complete_; }
  // Places that have got an origin since the last call, each once.
  std::vector<std::pair<std::string, Origin>> news();
  // The others have ended.
  void keep(const std::function<bool(Program)>& lives);
  std::size_t size() const { return programs_.size() + places_.size(); }

 private:
  // How something got somewhere, last step first.
  struct Step {
    std::string name;
    std::shared_ptr<const Step> before;
    std::size_t length = 1;
  };
  using Key = std::pair<Origin::Kind, std::string>;
  using Held = std::map<Key, std::shared_ptr<const Step>>;
  struct Node {
    std::string name;
    Held held;
    bool closed = false;
    bool is_place = false;
    std::set<Node*> to;
    std::set<Node*> from;  // of a program
  };
  Node& node(Program program);
  Node* place(const std::string& name);
  void link(Node& from, Node& to);
  static std::shared_ptr<const Step> step_to(const Node& node, std::shared_ptr<const Step> before);
  void give(Node& to, const Key& origin, std::shared_ptr<const Step> by);
  void pass(Node& from, Node& to);
  void drop_idle_places();

  std::map<Program, std::unique_ptr<Node>> programs_;
  std::map<std::string, std::unique_ptr<Node>> places_;
  std::vector<std::pair<std::string, Origin>> news_;
  bool complete_ = true;
};

}  // namespace weir::pod
