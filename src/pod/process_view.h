// A process of the pod whose thread waits in a system call, looked at from outside: which one it is, what
// runs in it, and what its memory says. All of it holds only if the call still waited afterwards
// (Notifications::waits). Inside the room only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "os/fd.h"

namespace weir::pod {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  bool operator==(const ProcessId&) const = default;
};

// The process of a thread, by its number; none when it has ended.
std::optional<pid_t> process_number_of(pid_t thread);
// The same with when it began.
std::optional<ProcessId> process_of(pid_t thread);

// Of a thread's process, as the pod names them; "" when they cannot be read.
std::string program_of(pid_t thread);  // what runs in it: /proc/PID/exe
std::string directory_of(pid_t thread);
// Its argv as it stands in its memory: bounded, and whatever the process wrote there.
std::vector<std::string> arguments_of(pid_t thread);

// Memory of the thread's process, read once. Other threads may write to it meanwhile and afterwards.
class Memory {
 public:
  explicit Memory(pid_t thread) : thread_(thread) {}

  bool read(std::uint64_t address, std::span<char> into) const;  // false: not all of it is there
  // Up to its NUL; at most bytes_max. None: not there, or "longer" in place of an end.
  std::optional<std::string> text(std::uint64_t address, std::size_t bytes_max) const;
  // argv of execve(2): what its pointers lead to, bounded (supervised_call.h).
  std::vector<std::string> arguments(std::uint64_t address) const;

 private:
  std::size_t read_some(std::uint64_t address, std::span<char> into) const;

  pid_t thread_;
};

// A copy of the descriptor `fd` of this thread; none with errno as the thread would see it.
os::Fd descriptor_of(pid_t thread, pid_t pid, int fd);

}  // namespace weir::pod
