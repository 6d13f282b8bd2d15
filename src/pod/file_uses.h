// What a program of a supervised pod asks of files, read from a call that waits: which file, and what for.
//
//   FileUses files(root);
//   if (auto call = files.read(notification)) …   // {reads, "/home/ann/code/.env"}
//
// Advisory: the path stands in the program's memory, and another thread of it may exchange it until the
// kernel reads it again. Nothing is permitted by it. Inside the room only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "os/fd.h"
#include "pod/notification.h"

namespace weir::pod {

struct FileUse {
  enum class Kind {
    opens,  // reads, writes say for what
    moves,  // `path` is `to` from now on
    links,  // `to` is another name of `path`
    looks,  // is it there? what is it?
    other   // none of these, or nothing that has a path
  };
  Kind kind = Kind::other;
  bool reads = false;
  bool writes = false;
  bool is_directory = false;  // of what is there
  bool there = false;
  std::string asked;  // absolute as the pod names it, links not followed
  std::string path;   // where that leads: without links; "" where not even its directory is there
  std::string to;     // moves, links
};

class FileUses {
 public:
  // `root`: the pod's root directory, not owned. Reading below `fixed` directories, where nothing in the pod
  // can write, is Kind::other.
  explicit FileUses(int root, std::vector<std::string> fixed = {}) : root_(root), fixed_(std::move(fixed)) {}

  FileUse read(const Notification& call) const;
  // Where a path leads that this thread means; "" where not even its directory is there.
  std::string where(pid_t thread, const std::string& path) const;
  // What a path leads to: Kind::looks.
  FileUse look(pid_t thread, const std::string& path) const;

 private:
  struct Place {
    std::string asked;
    std::string path;
    bool there = false;
    bool is_directory = false;
  };
  bool is_fixed(const std::string& asked) const;
  static std::string asked(const Notification& call, int directory, std::uint64_t path_at);
  void resolve(Place& place, bool follow) const;

  int root_;
  std::vector<std::string> fixed_;
};

}  // namespace weir::pod
