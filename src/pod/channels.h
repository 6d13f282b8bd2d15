// What a process has open as it begins: files, and the pipes and sockets by which programs hear of each
// other. Read from /proc, so by the kernel's account. Inside the room only.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace weir::pod {

inline constexpr std::size_t kChannelsMax = 256;  // of one process

struct Channel {
  enum class Kind { pipe, socket, file };
  Kind kind = Kind::file;
  int fd = -1;
  bool reads = false;
  bool writes = false;
  std::string name;  // "pipe:[4711]", "socket:[4712]", a path as the pod names it
};

// Devices left out. `executes`: and, above the standard ones, what closes when it executes a program.
std::vector<Channel> channels_of(pid_t pid, bool executes);
// Has it this pipe open to read, or to write?
bool has_pipe(pid_t pid, const std::string& name, bool to_write);
// Has a child of this process the pipe open to read?
bool child_reads_pipe(pid_t pid, const std::string& name);

}  // namespace weir::pod
