// What kind of file a path names: the catalogue of path classes (content/paths/*.yaml) that policies refer to
// as PathClass::"credential", PathClass::"shell-startup", …
//
//   TRY(auto classes, PathClasses::parse(texts));
//   classes.of("/home/ann/.ssh/id_ed25519", "/home/ann")   // {"credential"}
//
// Catalogue: {classes: [{id, what, permits?, globs: […], except: […]}]}. A glob is matched against the whole
// absolute path:
// `*` within one name, `**` across names, `?` one character; "~/" stands for any home directory (the user's,
// /root, /home/*, /Users/*); a glob without a leading "/" or "~" may begin at any directory.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/glob_index.h"

namespace weir::guard {

struct NamedText {
  std::string name;  // file name, for errors
  std::string text;
};

class PathClasses {
 public:
  static Result<PathClasses> parse(std::span<const NamedText> catalogues);

  bool has(std::string_view id) const;
  // Sorted class ids of a normalised absolute path.
  std::vector<std::string> of(std::string_view path, std::string_view home) const;
  // Sorted class ids that whatever lies directly in this directory has: taking the directory away takes that
  // away. Without classes that permit (`permits: true` in the catalogue).
  std::vector<std::string> inside(std::string_view directory, std::string_view home) const;

 private:
  struct Class {
    std::string id;
    bool permits = false;
    std::vector<std::string> except;
  };
  std::vector<std::string> matching(std::string_view path, std::string_view home, bool without_permits) const;

  std::vector<Class> classes_;
  GlobIndex index_;  // owners are indices of classes_
};

}  // namespace weir::guard
