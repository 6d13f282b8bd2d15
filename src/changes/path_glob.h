// Globs of the catalogue of held files: which relative paths they name. Values only. Inside the room only.
//
//   ".vscode/tasks.json"   at any depth: "a/b/.vscode/tasks.json" too
//   "*.gradle"             `*` any characters within one name, `?` one
//   ".husky/**"            everything below, at any depth; `**` stands only at the end
//
// ASCII letters match in either case: some file systems, and programs that look for these files, do not
// distinguish them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::changes {

using Segments = std::vector<std::string>;  // "a/B" → {"a", "b"}: lower case, as match() wants them

Segments segments_of(std::string_view path);

class PathGlob {
 public:
  static Result<PathGlob> parse(std::string_view text);

  // The number of the segment where the match begins, the first if several; none when the path is not named.
  std::optional<std::size_t> match(const Segments& path) const;
  // Could something below `path` be named, were it a directory? What a link at `path` would stand for. Only
  // where a name was met that says something: ".vscode" for the first example above, never "a" for "*/b".
  std::optional<std::size_t> match_above(const Segments& path) const;

  // The names before its first wildcard, with the directories on the way: "a", "a/b". As the glob spells
  // them.
  std::vector<std::string> spelled_out() const;

  // A segment without wildcards, by which an index finds this glob; "" when there is none.
  const std::string& key() const { return key_; }

 private:
  bool matches_at(const Segments& path, std::size_t begin, std::size_t count) const;

  std::string text_;
  Segments segments_;
  bool everything_below_ = false;  // ended in "**"
  std::string key_;
};

}  // namespace weir::changes
