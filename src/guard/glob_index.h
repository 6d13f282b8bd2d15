// Which of many path globs match a path, without trying each: every glob is filed under a part of it that is
// spelled out, and only the globs whose part occurs in the path are tried.
//
//   GlobIndex index;
//   index.add("~/.ssh/id_*", 0);          // filed under the name ".ssh"
//   index.add("*.kdbx", 1);               // no whole name is spelled out: filed under its end
//   index.find("/home/ann/.ssh/id_rsa", "/home/ann", owners);      // owners == {0}
//
// The language of globs is that of path_classes.h.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::guard {

// True when `glob` matches the whole of `text`; linear time, no recursion.
bool glob_matches(std::string_view glob, std::string_view text);

// True when `glob` matches the absolute `path`, "~/" standing for any home directory (`home` and those by
// convention), a glob without a leading "/" or "~" beginning at any directory.
bool path_matches(std::string_view glob, std::string_view path, std::string_view home);

class GlobIndex {
 public:
  // `owner` is the caller's own number.
  void add(std::string glob, std::uint32_t owner);

  // Appends the owner of each glob that matches, in no particular order; the same one perhaps several times.
  void find(std::string_view path, std::string_view home, std::vector<std::uint32_t>& owners) const;

 private:
  struct Glob {
    std::string text;
    std::uint32_t owner = 0;
    std::string part;  // occurs in every path that matches: at its end, or anywhere
    bool at_end = false;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  void try_all(const std::vector<std::uint32_t>& numbers, std::string_view path, std::string_view home,
               std::vector<std::uint32_t>& owners) const;

  std::vector<Glob> globs_;
  std::unordered_map<std::string, std::vector<std::uint32_t>, TextHash, std::equal_to<>> by_name_;
  std::vector<std::uint32_t> others_;  // without a name that is spelled out
  // Lengths and first letters of the names, so that most names of a path need no look-up.
  std::uint64_t lengths_ = 0;
  std::uint64_t letters_[4] = {};
};

}  // namespace weir::guard
