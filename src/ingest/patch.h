// The patch text of Codex's apply_patch tool: which files it would add, update, delete and move.
//
// Grammar (as the tool documents it to the model; LF or CRLF line ends, blanks around marker lines allowed):
//
//   patch   := [heredoc] "*** Begin Patch" ["*** Environment ID: " text] file+ "*** End Patch" [heredoc end]
//   file    := "*** Add File: " path      ("+" text)*
//            | "*** Delete File: " path
//            | "*** Update File: " path   ["*** Move to: " path] change*
//   change  := "@@" [" " context] | ("+" | "-" | " ") text | empty line | "*** End of File"
//
// Only paths are read here, whether the hunks fit is the tool's matter. What does not follow the grammar is
// an error, never a shorter list: a caller then treats the patch as opaque.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::ingest {

enum class PatchOp { add, update, remove };

struct PatchFile {
  PatchOp op = PatchOp::update;
  std::string path;
  std::string move_to;  // update only; "" when it stays
  bool operator==(const PatchFile&) const = default;
};

// At most limits::kPatchFilesMax files. Errors name the line.
Result<std::vector<PatchFile>> parse_patch(std::string_view text);

// A patch inside a shell command, as Codex recognises it: `apply_patch <<'EOF' … EOF`, optionally after
// `cd DIR &&`. Codex applies such a command itself, no shell sees it.
struct EmbeddedPatch {
  std::string base;  // DIR, relative to the call's cwd, or ""
  std::string text;  // the patch
};
enum class Embedding { none, patch, unclear };
// `unclear`: a patch is there but in a form that cannot be attributed to paths with certainty.
Embedding find_embedded_patch(std::string_view command, EmbeddedPatch& found);

}  // namespace weir::ingest
