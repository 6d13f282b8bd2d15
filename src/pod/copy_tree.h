// A copy of the upper layer of one pod for another: `weir pod exec --from`. Inside the room only.
//
// What a hostile agent wrote is copied as it is: names of any bytes, links that lead anywhere and are never
// followed, whiteouts, the attributes by which overlayfs knows them ("user.*"), permissions, times, holes,
// hard links. Everything goes by descriptors below the two roots (pod/beneath.h); bytes are shared where the
// file system can (FICLONE), else copied.
#pragma once

#include "base/result.h"
#include "pod/overlay_changes.h"

namespace weir::pod {

// Into an empty directory that nobody else writes. Errors: `limit` for more than limits.entries_max entries,
// or a path longer than limits.path_bytes_max; `denied` for a file or directory that its own permissions
// close to its owner; what the file system says. The copy is then incomplete and to be removed.
Status copy_tree(int from_root, int to_root, const ChangeLimits& limits = {});

}  // namespace weir::pod
