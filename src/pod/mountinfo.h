// The kernel's table of mounts, /proc/PID/mountinfo, as values (proc_pid_mountinfo(5)).
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//   id parent dev root mount_point options [optional fields] - type source super_options
//
// Blanks, tabs, newlines and backslashes in paths are written as octal escapes (\040). The owner of a mount
// namespace chooses what stands in its table, so the parser treats it as hostile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::pod {

struct Mount {
  int id = 0;
  int parent = 0;
  std::string device;  // "98:0", major:minor
  std::string root;    // the directory of the file system that is seen at `point`
  std::string point;   // where, as seen from the root directory of the process
  bool read_only = false;
  std::string type;  // "ext4", "tmpfs"
};

// Every line. Errors: `limit` (kMountinfoBytesMax, kMountsMax), `invalid` naming the line.
Result<std::vector<Mount>> parse_mountinfo(std::string_view text);
Result<std::vector<Mount>> mounts_of(pid_t pid);  // 0: this process

// True when `path` is `dir` or lies below it. Both absolute and without "." and "..".
bool is_within(std::string_view path, std::string_view dir);

// The mount that `path` lies on, found as the kernel walks, covered mounts left out. Null when the table has
// no mount at "/".
const Mount* mount_over(const std::vector<Mount>& mounts, std::string_view path);

// Other absolute paths under which the same file or directory is visible, because its file system (or a part
// of it) is mounted in more than one place. Hiding only one of them would hide nothing.
std::vector<std::string> other_paths(const std::vector<Mount>& mounts, std::string_view path);

}  // namespace weir::pod
