// Paths as text: normalising without looking at a disk, and what kind of place a path is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shell/arg.h"
#include "shell/state.h"

namespace weir::shell {

// "/a/./b/../c" -> "/a/c"; ".." above the root stays at the root, as in the kernel. Symbolic links are not
// followed: the rim answers that with observations. A relative path stays relative ("../x").
std::string normalise_path(std::string_view path);

// An argument as a path: absolute when the working directory is known or the text says so.
struct PathInfo {
  std::string path;          // normalised; with holes: their labels stay in it
  bool known = true;         // no holes
  bool prefix_known = true;  // an absolute place is known, perhaps not the end
  bool glob = false;
  std::optional<bool> inside_workspace;  // none when it depends on a hole
  bool workspace_root = false;           // the workspace itself, or all of it by a pattern
  bool root_like = false;      // /, a home, a system directory, an ancestor of the workspace; or all of one
  bool system = false;         // below /etc, /usr, /boot ...
  bool temporary = false;      // below /tmp, /var/tmp, $TMPDIR ...
  bool cache = false;          // of a package manager or a program: can be made again
  bool device = false;         // a block device: /dev/sda, /dev/nvme0n1
  bool root_if_empty = false;  // becomes root-like when its unknown parts are empty
};
PathInfo describe_path(const Arg& arg, const Environment& environment, const std::optional<std::string>& cwd);

bool is_below(std::string_view path, std::string_view directory);  // or the same
// /dev/null, /dev/stdout, /dev/tty, /dev/fd/3 ...: no effect on files.
bool is_stream_device(std::string_view path);
// The last component: "/usr/bin/rm" -> "rm".
std::string_view base_name(std::string_view path);

}  // namespace weir::shell
