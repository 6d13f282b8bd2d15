// A copy of a tree of files: of the upper layer of one pod for another (`weir pod exec --from`), of a
// workspace for a pod that cannot have an overlay (working_copy.h). Used by `pod`, too.
//
// What a hostile agent wrote is copied as it is: names of any bytes, links that lead anywhere and are never
// followed, whiteouts, the attributes by which overlayfs knows them ("user.*"), permissions, times, holes,
// hard links. Everything goes by descriptors below the two roots (beneath.h); bytes are shared where the
// file system can (FICLONE), else copied.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "changes/overlay_changes.h"

namespace weir::changes {

// What a copy began with, for who compares later: by directory ("" is the root), then by name.
struct CopyRecord {
  struct Entry {
    std::uint64_t inode = 0;  // of the copy
    NodeKind kind = NodeKind::file;
  };
  std::unordered_map<std::string, std::map<std::string, Entry>> directories;
  std::vector<std::string> left_out;  // at most kLeftOutMax of what could not be read
};
inline constexpr std::size_t kLeftOutMax = 100;

struct CopyOptions {
  ChangeLimits limits = {};
  // With a record, what its own permissions close is left out and stands in it; else it is an Error.
  CopyRecord* record = nullptr;
};

// Into an empty directory that nobody else writes. Errors: `limit` for more than limits.entries_max entries,
// or a path longer than limits.path_bytes_max; `denied` for a file or directory that its own permissions
// close to its owner; what the file system says. The copy is then incomplete and to be removed.
Status copy_tree(int from_root, int to_root, const CopyOptions& options = {});

// One file or link of it, into a directory of another upper layer (pod_merge.h), with permissions of its own.
// Of overlayfs' attributes only that it began as a copy of the host's, where it did. Errors as above.
struct CopiedEntry {
  std::uint32_t mode = 0;
  bool began_with_host = false;
};
Status copy_entry(int from_root, const std::string& path, int to_dir, const CopiedEntry& as);

}  // namespace weir::changes
