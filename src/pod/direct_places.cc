#include "pod/direct_places.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <string_view>

#include "os/files.h"

namespace weir::pod {
namespace {

constexpr int kLinksMax = 40;  // as the kernel (path_resolution(7))

struct Seen {
  std::uint64_t mount = 0;
  std::uint64_t inode = 0;
  std::uint32_t type = 0;  // S_IFMT bits; 0: nothing there
};

// None when it cannot be looked at.
std::optional<Seen> look(int dir, const char* name) {
  struct statx info{};
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name == '\0' ? AT_EMPTY_PATH : 0);
  if (::statx(dir, name, flags, STATX_TYPE | STATX_INO | STATX_MNT_ID, &info) == 0)
    return Seen{.mount = info.stx_mnt_id,
                .inode = info.stx_ino,
                .type = static_cast<std::uint32_t>(info.stx_mode & S_IFMT)};
  return errno == ENOENT ? std::optional(Seen{}) : std::nullopt;
}

// Below the pod's root, as its programs walk; links of /proc lead nowhere from here.
os::Fd open_in_root(int root, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return os::Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

std::optional<std::string> link_text(int dir, const char* name) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t n = ::readlinkat(dir, name, buffer.data(), buffer.size());
  if (n <= 0 || n == static_cast<ssize_t>(buffer.size())) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(n));
}

std::optional<std::string> path_of(const os::Fd& fd) {
  return link_text(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd.get())).c_str());
}

// The directory that a relative path begins in, as the pod names it.
std::optional<std::string> base_of(pid_t thread, int dir) {
  const std::string proc = "/proc/" + std::to_string(thread);
  auto base =
      link_text(AT_FDCWD, (dir == AT_FDCWD ? proc + "/cwd" : proc + "/fd/" + std::to_string(dir)).c_str());
  if (!base || !base->starts_with('/')) return std::nullopt;
  return base;
}

// "/proc/self/fd/3", "/dev/fd/3": the descriptor; glibc's fchmodat() names it so. With what lies below it, as
// Claude Code names files: "/proc/self/fd/3/notes.txt".
struct ByDescriptor {
  int fd = -1;
  std::string_view below;  // relative; "" for the descriptor itself
};
// None: another path.
std::optional<ByDescriptor> by_descriptor(std::string_view path) {
  for (const std::string_view top : {"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"}) {
    if (!path.starts_with(top)) continue;
    const std::string_view rest = path.substr(top.size());
    const std::string_view number = rest.substr(0, rest.find('/'));
    const std::string_view after = rest.substr(number.size());
    const std::string_view below = after.substr(std::min(after.find_first_not_of('/'), after.size()));
    ByDescriptor out{.below = below};
    const auto read = std::from_chars(number.data(), number.data() + number.size(), out.fd);
    const bool plain = read.ec == std::errc() && read.ptr == number.data() + number.size();
    if (plain && out.fd >= 0 && below.empty() == after.empty()) return out;
  }
  return std::nullopt;
}

// Is this what the descriptor has open? A name may have gone to another file since.
bool is_open_as(pid_t thread, int fd, const changes::Node& child) {
  struct stat info;
  const std::string link = "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(fd);
  return ::stat(link.c_str(), &info) == 0 && info.st_ino == child.inode && info.st_dev == child.device;
}

struct Parts {
  std::string above;  // of the directory to open
  std::string last;
  bool slash = false;
};

// "/a/b/" is "/a" and "b"; what ends in no plain name is a directory by itself, and its last name ".".
Parts parts_of(std::string path) {
  Parts parts;
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
    parts.slash = true;
  }
  const auto slash = path.rfind('/');
  parts.last = path.substr(slash + 1);
  if (parts.last.empty() || parts.last == "." || parts.last == "..")
    return {.above = std::move(path), .last = ".", .slash = true};
  parts.above = path.substr(0, slash + 1);
  return parts;
}

}  // namespace

Result<DirectPlaces> DirectPlaces::create(int root, const PodMount& workspace) {
  DirectPlaces places;
  places.root_ = root;
  places.at_ = workspace.at;
  TRY(places.host_, changes::open_root(workspace.source));
  const os::Fd inside = open_in_root(root, workspace.at);
  const os::Fd proc = open_in_root(root, "/proc");
  const Seen seen = inside ? look(inside.get(), "").value_or(Seen()) : Seen();
  const Seen seen_proc = proc ? look(proc.get(), "").value_or(Seen()) : Seen();
  TRY(const changes::Node host, changes::node_of(places.host_.get()));
  if (seen.mount == 0 || seen_proc.mount == 0 || seen.inode != host.inode)
    return fail(ErrorCode::unavailable, "the pod does not show its workspace", workspace.at,
                "the directory was replaced just now; try again");
  places.mount_ = seen.mount;
  places.proc_mount_ = seen_proc.mount;
  return places;
}

std::optional<DirectPlace> DirectPlaces::find(pid_t thread, int dir, const std::string& path,
                                              bool follow) const {
  if (path.empty()) return std::nullopt;
  std::string whole = path;
  if (const auto opened = by_descriptor(path); opened && !opened->below.empty()) {
    dir = opened->fd;
    whole = opened->below;
  }
  if (!whole.starts_with('/')) {
    const auto base = base_of(thread, dir);
    if (!base) return std::nullopt;
    whole = *base + "/" + whole;
  }
  bool slash = false;
  std::optional<int> named;
  for (int links = 0; links <= kLinksMax; ++links) {
    if (const auto opened = by_descriptor(whole); opened && opened->below.empty() && follow) {
      auto base = base_of(thread, opened->fd);
      if (!base || named) return std::nullopt;
      named = opened->fd;
      whole = *std::move(base);
      follow = false;
    }
    Parts parts = parts_of(whole);
    slash = slash || parts.slash;
    const os::Fd above = open_in_root(root_, parts.above);
    if (!above) return nowhere(parts.above, errno);
    const auto directory = above ? look(above.get(), "") : std::nullopt;
    const auto child = directory ? look(above.get(), parts.last.c_str()) : std::nullopt;
    if (!child || directory->mount == proc_mount_) return std::nullopt;
    if (child->type == S_IFLNK && (follow || slash)) {
      const auto target = link_text(above.get(), parts.last.c_str());
      if (!target) return std::nullopt;
      whole = target->starts_with('/') ? *target : parts.above + "/" + *target;
      continue;
    }
    if (child->type == S_IFDIR && child->mount == mount_ && directory->mount != mount_) {
      const os::Fd top = open_in_root(root_, parts.above + "/" + parts.last);
      auto place = top ? inside(top, ".") : std::nullopt;
      if (place && named && !is_open_as(thread, *named, place->child)) return std::nullopt;
      if (place) place->slash = slash;
      return place;
    }
    if (directory->mount != mount_) return DirectPlace{};
    // Something else of the pod's is mounted there.
    if (child->type != 0 && child->mount != mount_) return std::nullopt;
    auto place = inside(above, parts.last);
    if (place && named && !is_open_as(thread, *named, place->child)) return std::nullopt;
    if (place) place->slash = slash;
    return place;
  }
  return std::nullopt;
}

std::optional<DirectPlace> DirectPlaces::nowhere(std::string path, int error_number) const {
  if (error_number != ENOENT && error_number != ENOTDIR && error_number != EACCES) return std::nullopt;
  while (path.size() > 1) {
    path.resize(path.rfind('/', path.size() - 2) + 1);
    const os::Fd above = open_in_root(root_, path);
    if (!above) continue;
    const auto seen = look(above.get(), "");
    if (!seen || seen->mount != mount_) return std::nullopt;
    DirectPlace place;
    place.inside = true;
    place.error_number = error_number;
    return place;
  }
  return std::nullopt;
}

std::optional<DirectPlace> DirectPlaces::inside(const os::Fd& dir, const std::string& last) const {
  const auto path = path_of(dir);
  if (!path || !path->starts_with(at_)) return std::nullopt;
  std::string below = path->substr(at_.size());
  if (!below.empty() && !below.starts_with('/')) return std::nullopt;
  if (!below.empty()) below.erase(0, 1);
  auto host_dir = changes::open_beneath(host_.get(), below, O_PATH | O_DIRECTORY);
  if (!host_dir) return std::nullopt;
  const auto in_pod = changes::node_of(dir.get());
  const auto on_host = changes::node_of(host_dir->get());
  if (!in_pod || !on_host || in_pod->inode != on_host->inode || in_pod->device != on_host->device)
    return std::nullopt;
  auto child = last == "." ? on_host : changes::node_at(host_dir->get(), last);
  if (!child) return std::nullopt;
  DirectPlace place;
  place.inside = true;
  place.path = last == "." ? below : changes::joined(below, last);
  place.host_dir = *std::move(host_dir);
  place.last = last;
  place.child = *child;
  return place;
}

}  // namespace weir::pod
