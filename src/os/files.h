// Files: read whole with a limit, write so that a crash leaves the old or the new content, never a mixture.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::os {

// The whole file. Errors: not_found, denied, limit (longer than bytes_max), internal.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

enum class Durability { none, fsync };

// Writes a temporary file beside `path`, then renames it over; with fsync, file and directory are flushed. A
// symbolic link at `path` is followed first, so that the link stays. Keeps the mode of an existing file
// unless `mode` is given.
Status write_file_atomic(const std::string& path, std::string_view bytes, std::optional<mode_t> mode = {},
                         Durability durability = Durability::fsync);

// Creates missing directories with `mode`; existing ones are left as they are.
Status make_dirs(const std::string& path, mode_t mode = 0700);
Status remove_file(const std::string& path);  // absent is fine
Status sync_dir(const std::string& path);

struct FileInfo {
  enum class Kind { file, dir, link, socket, other } kind = Kind::other;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint32_t mode = 0;  // permission bits
  std::uint32_t uid = 0;
  std::int64_t mtime_ns = 0;
};
// Without following a final link. None when absent or unreadable.
std::optional<FileInfo> file_info(const std::string& path);
bool exists(const std::string& path);

// Names in a directory, sorted, without "." and ".."; empty when absent.
std::vector<std::string> list_dir(const std::string& path);
// Regular files below `path` whose name ends with `suffix`, sorted; links are not followed; at most
// count_max.
std::vector<std::string> find_files(const std::string& path, std::string_view suffix, std::size_t count_max);

// The path with every link resolved as far as it exists; the missing rest is appended lexically. "/"-rooted
// input.
std::string resolve_path(const std::string& path);

// An advisory whole-file lock (flock), released with the Fd. Error `unavailable` when another process holds
// it.
Result<Fd> lock_file(const std::string& path);

// write(2) until everything is written. Error names the reason ("no space left on device").
Status write_all(int fd, std::string_view bytes);

// "what failed: No such file or directory" with the code that fits errno.
Error errno_error(std::string what, std::string where, int error_number);

}  // namespace weir::os
