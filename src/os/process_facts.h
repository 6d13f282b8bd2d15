// What the kernel says of a process beyond its place in the tree; read only where it matters who spoke.
//
//   if (os::command_line(pid) == expected && os::reads_other_end(agent_pid, pid, STDOUT_FILENO)) …
//
// None of it can be had of a process of another user or one that has gone: then it is empty, none or false.
// A program can change what its own command line says; who started it, when, and whom its sockets lead to it
// cannot (proc(5), sock_diag(7)).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::os {

// Its arguments as /proc/PID/cmdline has them; empty beyond 64 KiB.
std::vector<std::string> command_line(pid_t pid);

// The file that it runs.
struct ProgramFile {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string name;  // last part of its path
  bool operator==(const ProgramFile&) const = default;
};
std::optional<ProgramFile> program_of(pid_t pid);

// Milliseconds since a process was forked that began at `start_ticks` (ProcessInfo).
std::int64_t age_ms(std::uint64_t start_ticks);

// Descriptor `fd` of process `pid` is one end of a connected Unix socket, and process `holder` has the other
// one. Of pipes nothing is said: their ends can be opened again through /proc by anybody.
bool reads_other_end(pid_t holder, pid_t pid, int fd);

}  // namespace weir::os
