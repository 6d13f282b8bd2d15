// The files that a process sees, which are not always those of this one: in a pod a path leads elsewhere, or
// nowhere. Who decides about a call must look where the call will.
//
//   const FileView here;                          // as this process sees them
//   TRY(FileView pod, FileView::of_process(pid)); // as that process does
//   pod.resolve("/home/ann/code/link");           // os::resolve_path there: links lead inside
//   TRY(std::string text, pod.read_regular("/home/ann/code/run.sh", limits::kMiB));
//
// The other process's root directory is held open; paths are walked by the kernel from there, its mounts
// included, and never leave it (openat2(2), RESOLVE_IN_ROOT). After the last process of its mount namespace
// has ended they may be there or absent, but never those of the host. Copies share the descriptor, which
// keeps the file systems below it in use. Any thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "os/files.h"

namespace weir::os {

class FileView {
 public:
  FileView() = default;
  // Of a living process of this user, or of one in a user namespace that this user made. Errors: `not_found`,
  // `denied`.
  static Result<FileView> of_process(pid_t pid);

  // As the functions of os/files.h that are called so.
  std::string resolve(const std::string& path) const;
  std::optional<FileInfo> info(const std::string& path) const;
  bool exists(const std::string& path) const { return info(path).has_value(); }
  // Links are followed. Opened without waiting for a writer (a FIFO) and read only when it is a regular file
  // of at most `bytes_max`. Errors: `not_found`, `denied`, `invalid` (no regular file), `limit`, `internal`.
  Result<std::string> read_regular(const std::string& path, std::size_t bytes_max) const;
  // Its size, without reading it; none when it is no regular file.
  std::optional<std::uint64_t> size_of_regular(const std::string& path) const;

  bool is_own() const { return root_ == nullptr; }

 private:
  Fd open(const std::string& path, int flags) const;  // errno is set when it is none

  std::shared_ptr<const Fd> root_;  // none: this process's own view
};

}  // namespace weir::os
