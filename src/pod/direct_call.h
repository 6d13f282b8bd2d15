// System calls that change files by name, as values: which path, and what is to be done there. What a direct
// workspace's supervisor is told of (direct.h). Inside the room only.
//
//   if (const auto call = file_call(notification, memory)) … memory.text(call->path, kPathBytesMax)
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <optional>

#include "pod/notification.h"
#include "pod/process_view.h"

namespace weir::pod {

struct FileCall {
  enum class What {
    open,
    make_directory,
    make_file,  // mknod
    remove,
    rename,
    hard_link,
    soft_link,
    truncate,
    mode,
    owner,
    times,
    access,
    attributes,  // extended ones
  };
  What what = What::open;
  int dir = AT_FDCWD;        // that `path` is relative to
  std::uint64_t path = 0;    // address of a text; 0: the call is about `dir` itself
  int other_dir = AT_FDCWD;  // rename, hard_link: of the new name
  std::uint64_t other = 0;   // the new name; soft_link: its target
  std::uint64_t flags = 0;   // O_ of open, AT_ of others, RENAME_ of rename
  std::uint64_t value = 0;   // mode, length, first id, address of times
  std::uint64_t value2 = 0;  // second id
  int number = 0;            // of the system call: times come in several shapes
  bool unusual = false;      // openat2 with rules of its own for the path
};

// None when the call is another one, or its arguments cannot be read.
std::optional<FileCall> file_call(const Notification& notification, const Memory& memory);

}  // namespace weir::pod
