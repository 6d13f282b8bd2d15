// What a pod changed: the upper layer of its overlay, read on the host side and compared with the workspace.
//
//   TRY(const os::Fd host, open_root(pod.workspace));
//   TRY(const os::Fd upper, open_root(pod.upper));
//   TRY(const auto changes, overlay_changes(host.get(), upper.get()));
//
// The upper layer is read as overlayfs(5) writes it with `userxattr` (Linux Documentation/filesystems/
// overlayfs.rst): a character device 0:0, or an empty file with user.overlay.whiteout, deletes a name; a
// directory with user.overlay.opaque="y" hides all of the host's; anything else covers the host's. Everything
// in it is hostile: names are any bytes, links lead anywhere, the agent may be changing it meanwhile. What
// changes under our hands becomes a problem of that path, never of the walk.
//
// A copy that ended up as it was (same bytes, same permissions) is no change. A directory that the pod took
// away is one change for each thing that was in it, so that each can be reviewed, kept or in conflict.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "changes/change.h"

namespace weir::changes {

struct ChangeLimits {
  std::size_t entries_max = 500'000;  // looked at on both sides together; beyond: Error `limit`
  std::size_t path_bytes_max = 4000;  // longer ones (PATH_MAX is 4096) are problems
  std::size_t all_paths_bytes_max = std::size_t{256} << 20;  // of all entries together; beyond: Error `limit`
};

// Sorted by path. Directories are changes of their own; sort order puts each before what is in it.
Result<std::vector<Change>> overlay_changes(int host_root, int upper_root, const ChangeLimits& limits = {});

}  // namespace weir::changes
