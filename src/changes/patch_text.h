// One file's change as `git diff` writes it, so that `git apply` takes it. Pure. Inside the room and for its
// commands.
//
//   const Patch patch = git_patch("src/a.c", {NodeKind::file, 0644, before}, {NodeKind::file, 0644, after});
//   out << patch.text;
//
// For people the text is safe on a terminal: control characters, invalid UTF-8 and what reorders text are
// escaped (base/bytes.h), except tabs, and a carriage return at the end of a line. A patch in which something
// was escaped says so (`escaped`) and is not for `git apply`; PatchBytes::raw gives the bytes as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "changes/beneath.h"

namespace weir::changes {

enum class PatchBytes { escaped, raw };

struct PatchSide {
  NodeKind kind = NodeKind::none;  // file, symlink (text is its target), or none: not there
  std::uint32_t mode = 0;
  std::string_view text;
};

struct Patch {
  std::string text;       // ends with a newline; "" when git would see no difference
  std::size_t added = 0;  // lines
  std::size_t removed = 0;
  bool binary = false;   // only "Binary files … differ"
  bool escaped = false;  // not byte for byte
};

Patch git_patch(const std::string& path, const PatchSide& before, const PatchSide& after,
                PatchBytes bytes = PatchBytes::escaped);

// As git: a NUL among the first 8000 bytes; and, as nobody could read it, when a tenth of them is no text.
bool is_binary(std::string_view text);

// A path as git writes it: as it is, or in double quotes with C escapes and octal bytes when anything in it
// could confuse a terminal or a parser.
std::string git_path(std::string_view prefix, std::string_view path);

}  // namespace weir::changes
