#include "pod/process_view.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "os/files.h"
#include "os/process.h"
#include "pod/supervised_call.h"

namespace weir::pod {
namespace {

constexpr std::size_t kPageBytes = 4096;   // the smallest; reads end at its borders
constexpr unsigned kPidfdThread = O_EXCL;  // PIDFD_THREAD of Linux 6.9

std::string proc(pid_t thread, const char* name) {
  return "/proc/" + std::to_string(thread) + "/" + name;
}

std::string link_target(const std::string& path) {
  std::array<char, kProgramBytesMax> buffer;
  const ssize_t n = ::readlink(path.c_str(), buffer.data(), buffer.size());
  return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string();
}

// Signal 0 reaches a thread as a process of this number only when it is its process's first one.
bool leads_its_process(pid_t thread) {
  return ::syscall(SYS_tgkill, thread, thread, 0) == 0 || errno == EPERM;
}

}  // namespace

std::optional<pid_t> process_number_of(pid_t thread) {
  if (leads_its_process(thread)) return thread;
  const auto status = os::read_file(proc(thread, "status"), kPageBytes * 4);
  constexpr std::string_view kTgid = "\nTgid:\t";
  const auto at = status ? status->find(kTgid) : std::string::npos;
  if (at == std::string::npos) return std::nullopt;
  pid_t pid = 0;
  std::from_chars(status->data() + at + kTgid.size(), status->data() + status->size(), pid);
  return pid > 0 ? std::optional(pid) : std::nullopt;
}

std::optional<ProcessId> process_of(pid_t thread) {
  const auto pid = process_number_of(thread);
  const auto info = pid ? os::process_info(*pid) : std::nullopt;
  if (!info) return std::nullopt;
  return ProcessId{info->pid, info->start_ticks};
}

std::string program_of(pid_t thread) {
  return link_target(proc(thread, "exe"));
}

std::string directory_of(pid_t thread) {
  return link_target(proc(thread, "cwd"));
}

std::vector<std::string> arguments_of(pid_t thread) {
  const os::Fd fd(::open(proc(thread, "cmdline").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, kArgumentBytesMax> buffer;
  const ssize_t n = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  std::vector<std::string> arguments;
  std::string_view left(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  while (!left.empty() && arguments.size() < kArgumentsSeenMax) {
    const auto end = std::min(left.find('\0'), left.size());
    arguments.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return arguments;
}

std::size_t Memory::read_some(std::uint64_t address, std::span<char> into) const {
  iovec here{into.data(), into.size()};
  iovec there{reinterpret_cast<void*>(address), into.size()};
  const ssize_t n = ::process_vm_readv(thread_, &here, 1, &there, 1, 0);
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

bool Memory::read(std::uint64_t address, std::span<char> into) const {
  return read_some(address, into) == into.size();
}

std::optional<std::string> Memory::text(std::uint64_t address, std::size_t bytes_max) const {
  std::string text;
  std::array<char, kPageBytes> chunk;
  for (std::size_t wanted = 256; text.size() < bytes_max; wanted = chunk.size()) {
    const std::size_t to_border = kPageBytes - (address + text.size()) % kPageBytes;
    const std::size_t n =
        read_some(address + text.size(), std::span(chunk).first(std::min(wanted, to_border)));
    if (n == 0) return std::nullopt;
    const char* const begin = chunk.data();
    const char* const end = std::find(begin, begin + n, '\0');
    text.append(begin, end);
    if (end != begin + n) break;
  }
  if (text.size() > bytes_max) text.resize(bytes_max);
  return text;
}

std::vector<std::string> Memory::arguments(std::uint64_t address) const {
  std::vector<std::string> arguments;
  std::size_t room = kArgumentBytesMax;
  for (std::uint64_t at = address; arguments.size() < kArgumentsSeenMax && room > 0;) {
    std::array<char, 16 * sizeof(std::uint64_t)> bytes;
    const std::size_t to_border = kPageBytes - at % kPageBytes;
    const std::size_t n = read_some(at, std::span(bytes).first(std::min(bytes.size(), to_border)));
    if (n < sizeof(std::uint64_t)) return arguments;
    for (std::size_t i = 0; i + sizeof(std::uint64_t) <= n && arguments.size() < kArgumentsSeenMax;
         i += sizeof(std::uint64_t)) {
      std::uint64_t pointer = 0;
      std::memcpy(&pointer, bytes.data() + i, sizeof pointer);
      auto argument = pointer != 0 && room > 0 ? text(pointer, room) : std::nullopt;
      if (!argument) return arguments;
      room -= argument->size();
      arguments.push_back(*std::move(argument));
    }
    at += n / sizeof(std::uint64_t) * sizeof(std::uint64_t);
  }
  return arguments;
}

os::Fd descriptor_of(pid_t thread, pid_t pid, int fd) {
  // A thread may have descriptors of its own (unshare(CLONE_FILES)). Older kernels take them from the first
  // thread; another one's are then not reached, and its connections not let out.
  os::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, thread, kPidfdThread)));
  if (!process && errno == EINVAL) process = os::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return {};
  return os::Fd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
}

}  // namespace weir::pod
