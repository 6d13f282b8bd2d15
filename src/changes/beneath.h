// Files below a directory, reached by descriptors only. Inside the room only.
//
// A pod's upper layer was written by a hostile agent, and a host workspace may be rearranged by anybody while
// we work in it. So nothing here ever walks a path as text: a path is opened beneath the descriptor of its
// root with openat2(2), where no component may be a symbolic link, lead out, or cross a mount, and a name is
// looked at in the descriptor of its directory without following a link.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::changes {

enum class NodeKind {
  none,  // there is nothing
  file,
  directory,
  symlink,
  whiteout,  // character device 0:0: how overlayfs writes "deleted"
  other,     // device, socket, fifo
};
std::string_view name(NodeKind kind);  // "none", "file", "directory", ...

struct Node {
  NodeKind kind = NodeKind::none;
  std::uint32_t mode = 0;  // permission bits with set-user-ID, set-group-ID and sticky
  std::uint64_t size = 0;
  std::uint64_t disk_bytes = 0;  // less than size: the file has holes
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
};

// The directory itself; no component of its absolute path may be a symbolic link.
Result<os::Fd> open_root(const std::string& path);
// `path` relative to `root`; "" is the root. Error `denied` when a component is a link, leads out or lies on
// another mount, `not_found` when it is not there or not a directory where one is needed.
Result<os::Fd> open_beneath(int root, const std::string& path, int flags);
Result<os::Fd> open_dir_beneath(int root, const std::string& path);

// What is at a name in a directory, never following it; kind none when absent.
Result<Node> node_at(int dir, const std::string& name);
Result<Node> node_of(int fd);
// The same at a relative path; kind none also when a directory above is missing or is no directory.
Result<Node> node_beneath(int root, const std::string& path);

// What is in a file. Error `limit` when it holds more than `bytes_max`.
Result<std::string> read_beneath(int root, const std::string& path, std::size_t bytes_max);

// Up to `count_max` names in a directory, unsorted, without "." and "..".
Result<std::vector<std::string>> names_in(int dir, std::size_t count_max);
Result<std::string> link_target(int dir, const std::string& name);
// An extended attribute of an open file of at most 255 bytes; none when it has none.
std::optional<std::string> attribute(int fd, const char* name);

// "a/b/c" → "a/b" and "c"; "c" → "" and "c".
std::string parent_of(std::string_view path);
std::string leaf_of(std::string_view path);
std::string joined(std::string_view directory, std::string_view name);

}  // namespace weir::changes
