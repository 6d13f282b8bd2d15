#include "pod/channels.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include "os/files.h"

namespace weir::pod {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

struct DirClose {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

bool closes_on_exec(int proc, const std::string& fd) {
  const os::Fd info(::openat(proc, ("fdinfo/" + fd).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 256> text{};
  const ssize_t n = info ? ::read(info.get(), text.data(), text.size()) : -1;
  const std::string_view said(text.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  constexpr std::string_view kFlags = "flags:\t";
  const auto at = said.find(kFlags);
  unsigned flags = 0;
  if (at != std::string_view::npos)
    std::from_chars(said.data() + at + kFlags.size(), said.data() + said.size(), flags, 8);
  return (flags & static_cast<unsigned>(O_CLOEXEC)) != 0;
}

// The link's own permissions say for what the descriptor was opened.
std::optional<Channel> channel_at(int proc, const std::string& fd) {
  const std::string link = "fd/" + fd;
  std::array<char, 4096> buffer;
  const ssize_t n = ::readlinkat(proc, link.c_str(), buffer.data(), buffer.size());
  struct stat status{};
  if (n <= 0 || ::fstatat(proc, link.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  Channel channel;
  std::from_chars(fd.data(), fd.data() + fd.size(), channel.fd);
  channel.reads = (status.st_mode & S_IRUSR) != 0;
  channel.writes = (status.st_mode & S_IWUSR) != 0;
  channel.name.assign(buffer.data(), static_cast<std::size_t>(n));
  if (channel.name.starts_with("pipe:")) {
    channel.kind = Channel::Kind::pipe;
  } else if (channel.name.starts_with("socket:")) {
    channel.kind = Channel::Kind::socket;
  } else if (!channel.name.starts_with('/') ||
             (channel.name.starts_with("/dev/") && !channel.name.starts_with("/dev/shm/"))) {
    return std::nullopt;
  }
  // Often opened for both, and shared by all that one shell starts: what they are for is what counts.
  if (channel.fd == STDIN_FILENO) channel.writes = false;
  if (channel.fd == STDOUT_FILENO || channel.fd == STDERR_FILENO) channel.reads = false;
  if (channel.name.ends_with(kDeleted)) channel.name.resize(channel.name.size() - kDeleted.size());
  return channel;
}

template <class Take>
void each_descriptor(pid_t pid, Take take) {
  const os::Fd proc(::open(("/proc/" + std::to_string(pid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const int list = proc ? ::openat(proc.get(), "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (list < 0) return;
  const std::unique_ptr<DIR, DirClose> dir(::fdopendir(list));
  if (!dir) return;
  std::size_t left = kChannelsMax;
  while (const dirent* entry = ::readdir(dir.get()))
    if (entry->d_name[0] != '.' && (left-- == 0 || !take(proc.get(), std::string(entry->d_name)))) return;
}

}  // namespace

std::vector<Channel> channels_of(pid_t pid, bool executes) {
  std::vector<Channel> channels;
  each_descriptor(pid, [&](int proc, const std::string& fd) {
    auto channel = channel_at(proc, fd);
    if (channel && !(executes && channel->fd > STDERR_FILENO && closes_on_exec(proc, fd)))
      channels.push_back(*std::move(channel));
    return true;
  });
  return channels;
}

bool has_pipe(pid_t pid, const std::string& name, bool to_write) {
  bool found = false;
  each_descriptor(pid, [&](int proc, const std::string& fd) {
    const auto channel = channel_at(proc, fd);
    found = channel && channel->name == name && (to_write ? channel->writes : channel->reads);
    return !found;
  });
  return found;
}

bool child_reads_pipe(pid_t pid, const std::string& name) {
  constexpr std::size_t kListBytesMax = 64 * 1024;
  const std::string number = std::to_string(pid);
  const auto list = os::read_file("/proc/" + number + "/task/" + number + "/children", kListBytesMax);
  if (!list) return false;
  std::string_view left = *list;
  while (!left.empty()) {
    const auto end = std::min(left.find(' '), left.size());
    pid_t child = 0;
    std::from_chars(left.data(), left.data() + end, child);
    left.remove_prefix(std::min(end + 1, left.size()));
    // Children that do not read it have its end closed, but for moments.
    const os::Fd proc(::open(("/proc/" + std::to_string(child)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto input = proc ? channel_at(proc.get(), "0") : std::nullopt;
    if (input && input->name == name) return true;
  }
  return false;
}

}  // namespace weir::pod
