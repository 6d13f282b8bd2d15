#include "pod/file_uses.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "pod/process_view.h"
#include "pod/supervised_call.h"

namespace weir::pod {
namespace {

std::string target_of_link(const std::string& path) {
  std::array<char, kProgramBytesMax> buffer;
  const ssize_t n = ::readlink(path.c_str(), buffer.data(), buffer.size());
  return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string();
}

std::string base_of(pid_t thread, int directory) {
  if (directory == AT_FDCWD) return directory_of(thread);
  return target_of_link("/proc/" + std::to_string(thread) + "/fd/" + std::to_string(directory));
}

std::string absolute(pid_t thread, int directory, const std::string& path) {
  if (path.empty() || path.starts_with('/')) return path;
  std::string base = base_of(thread, directory);
  if (base.empty()) return {};
  if (!base.ends_with('/')) base += '/';
  return base + path;
}

bool writes(std::uint64_t flags) {
  return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
}
bool reads(std::uint64_t flags) {
  return (flags & O_ACCMODE) != O_WRONLY && (flags & O_PATH) == 0;
}

// Where the arguments of a call are; -1: it has none of that.
struct Shape {
  FileUse::Kind kind = FileUse::Kind::other;
  int directory = -1;
  int path = 0;
  int to_directory = -1;
  int to = -1;
  int flags = -1;
  bool follows = true;
};

Shape shape_of(int number) {
  using Kind = FileUse::Kind;
  switch (number) {
    case SYS_open:
      return {.kind = Kind::opens, .path = 0, .flags = 1};
    case SYS_creat:
      return {.kind = Kind::opens, .path = 0};
    case SYS_openat:
    case SYS_openat2:  // flags are the first member of what the third argument points at
      return {.kind = Kind::opens, .directory = 0, .path = 1, .flags = 2};
    case SYS_rename:
      return {.kind = Kind::moves, .path = 0, .to = 1, .follows = false};
    case SYS_renameat:
    case SYS_renameat2:
      return {.kind = Kind::moves, .directory = 0, .path = 1, .to_directory = 2, .to = 3, .follows = false};
    case SYS_link:
      return {.kind = Kind::links, .path = 0, .to = 1, .follows = false};
    case SYS_linkat:
      return {.kind = Kind::links, .directory = 0, .path = 1, .to_directory = 2, .to = 3, .follows = false};
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_readlink:
    case SYS_chdir:
      return {.kind = Kind::looks, .path = 0};
    case SYS_newfstatat:
    case SYS_statx:
    case SYS_faccessat:
    case SYS_faccessat2:
    case SYS_readlinkat:
      return {.kind = Kind::looks, .directory = 0, .path = 1};
    default:
      return {};
  }
}

std::uint64_t flags_of(const Notification& call, int at) {
  if (at < 0) return O_WRONLY | O_CREAT | O_TRUNC;  // creat(2)
  std::uint64_t flags = call.arguments[static_cast<std::size_t>(at)];
  if (call.number != SYS_openat2) return flags;
  std::array<char, sizeof flags> bytes{};
  (void)Memory(call.thread).read(flags, bytes);
  std::memcpy(&flags, bytes.data(), sizeof flags);
  return flags;
}

}  // namespace

// By a descriptor: the kernel then says where links lead, as the pod sees it.
void FileUses::resolve(Place& place, bool follow) const {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | (follow ? 0U : static_cast<unsigned>(O_NOFOLLOW));
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const auto open = [&](const std::string& path) {
    return os::Fd(static_cast<int>(::syscall(SYS_openat2, root_, path.c_str(), &how, sizeof how)));
  };
  const auto path_of = [](const os::Fd& fd) {
    return target_of_link("/proc/self/fd/" + std::to_string(fd.get()));
  };
  if (const os::Fd fd = open(place.asked)) {
    struct stat status{};
    place.there = true;
    place.is_directory = ::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode);
    place.path = path_of(fd);
    return;
  }
  const auto slash = place.asked.rfind('/');
  const std::string_view name = std::string_view(place.asked).substr(slash + 1);
  if (name.empty() || name == "." || name == "..") return;
  how.flags = O_PATH | O_CLOEXEC | O_DIRECTORY;
  const os::Fd above = open(slash == 0 ? "/" : place.asked.substr(0, slash));
  if (!above) return;
  place.path = path_of(above);
  if (!place.path.ends_with('/')) place.path += '/';
  place.path += name;
}

// "" when it is not there.
std::string FileUses::asked(const Notification& call, int directory, std::uint64_t path_at) {
  const auto text = Memory(call.thread).text(path_at, kProgramBytesMax);
  return text ? absolute(call.thread, directory, *text) : std::string();
}

std::string FileUses::where(pid_t thread, const std::string& path) const {
  return look(thread, path).path;
}

FileUse FileUses::look(pid_t thread, const std::string& path) const {
  Place place{.asked = absolute(thread, AT_FDCWD, path)};
  if (!place.asked.empty()) resolve(place, true);
  FileUse seen{.kind = FileUse::Kind::looks, .is_directory = place.is_directory, .there = place.there};
  seen.asked = std::move(place.asked);
  seen.path = std::move(place.path);
  return seen;
}

bool FileUses::is_fixed(const std::string& asked) const {
  if (asked.find("/../") != std::string::npos) return false;
  return std::ranges::any_of(fixed_, [&](const std::string& above) {
    return asked.starts_with(above) && asked.size() > above.size() && asked[above.size()] == '/';
  });
}

FileUse FileUses::read(const Notification& call) const {
  const Shape shape = shape_of(call.number);
  FileUse seen;
  if (shape.kind == FileUse::Kind::other) return seen;
  const auto argument = [&](int at) { return call.arguments[static_cast<std::size_t>(at)]; };
  const auto directory = [&](int at) { return at < 0 ? AT_FDCWD : static_cast<int>(argument(at)); };
  Place place{.asked = asked(call, directory(shape.directory), argument(shape.path))};
  if (shape.kind == FileUse::Kind::opens) {
    const std::uint64_t flags = flags_of(call, shape.flags);
    seen.reads = reads(flags);
    seen.writes = writes(flags);
  }
  if (place.asked.empty() || (!seen.writes && shape.to < 0 && is_fixed(place.asked))) return seen;
  resolve(place, shape.follows);
  seen.kind = shape.kind;
  seen.there = place.there;
  seen.is_directory = place.is_directory;
  seen.asked = std::move(place.asked);
  seen.path = std::move(place.path);
  if (shape.to < 0) return seen;
  Place to{.asked = asked(call, directory(shape.to_directory), argument(shape.to))};
  if (!to.asked.empty()) resolve(to, false);
  seen.to = std::move(to.path);
  return seen;
}

}  // namespace weir::pod
