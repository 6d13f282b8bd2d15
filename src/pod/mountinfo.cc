#include "pod/mountinfo.h"

#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "os/files.h"

namespace weir::pod {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      out.push_back(static_cast<char>(value & 0xff));
      i += 3;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool to_int(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool has_option(std::string_view options, std::string_view wanted) {
  for (const auto option : split(options, ','))
    if (option == wanted) return true;
  return false;
}

bool parse_line(std::string_view line, Mount& mount) {
  constexpr std::size_t kFixedFields = 6;
  const auto fields = split(line, ' ');
  std::size_t dash = kFixedFields;  // optional fields end at a lone "-"
  while (dash < fields.size() && fields[dash] != "-")
    ++dash;
  if (dash + 2 >= fields.size()) return false;
  if (!to_int(fields[0], mount.id) || !to_int(fields[1], mount.parent)) return false;
  mount.device = fields[2];
  mount.root = unescape(fields[3]);
  mount.point = unescape(fields[4]);
  mount.read_only = has_option(fields[5], "ro");
  mount.type = fields[dash + 1];
  return !mount.root.empty() && mount.point.starts_with('/');
}

// The part of `path` below `dir`: "" or "/rest".
std::string_view below(std::string_view path, std::string_view dir) {
  if (dir == "/") return path == "/" ? std::string_view() : path;
  return path.substr(dir.size());
}

std::string join(std::string_view dir, std::string_view rest) {
  if (rest.empty()) return std::string(dir);
  return (dir == "/" ? std::string() : std::string(dir)) + std::string(rest);
}

// The mount at "/" whose parent is not in the table (it lies outside of the process's root directory).
const Mount* root_mount(const std::vector<Mount>& mounts) {
  for (const auto& mount : mounts) {
    if (mount.point != "/") continue;
    bool parent_listed = false;
    for (const auto& other : mounts)
      parent_listed |= &other != &mount && other.id == mount.parent;
    if (!parent_listed) return &mount;
  }
  return nullptr;
}

}  // namespace

Result<std::vector<Mount>> parse_mountinfo(std::string_view text) {
  if (text.size() > limits::kMountinfoBytesMax)
    return fail(ErrorCode::limit, "the table of mounts is too long", "mountinfo");
  std::vector<Mount> mounts;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    if (mounts.size() >= limits::kMountsMax)
      return fail(ErrorCode::limit, "the table of mounts has too many lines", "mountinfo");
    Mount mount;
    if (!parse_line(line, mount))
      return fail("a line of the table of mounts is malformed", "mountinfo:" + std::to_string(number));
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

Result<std::vector<Mount>> mounts_of(pid_t pid) {
  const std::string who = pid == 0 ? "self" : std::to_string(pid);
  TRY(const std::string text, os::read_file("/proc/" + who + "/mountinfo", limits::kMountinfoBytesMax));
  return parse_mountinfo(text);
}

bool is_within(std::string_view path, std::string_view dir) {
  if (dir == "/") return path.starts_with('/');
  return path.starts_with(dir) && (path.size() == dir.size() || path[dir.size()] == '/');
}

const Mount* mount_over(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* at = root_mount(mounts);
  // As the kernel walks: from a mount into the first one that is mounted on the way, stacked ones included. A
  // table with a loop ends after as many steps as it has lines.
  for (std::size_t step = 0; at != nullptr && step < mounts.size(); ++step) {
    const Mount* next = nullptr;
    for (const auto& mount : mounts)
      if (mount.parent == at->id && &mount != at && is_within(mount.point, at->point) &&
          is_within(path, mount.point) && (next == nullptr || mount.point.size() < next->point.size()))
        next = &mount;
    if (next == nullptr) break;
    at = next;
  }
  return at;
}

std::vector<std::string> other_paths(const std::vector<Mount>& mounts, std::string_view path) {
  std::vector<std::string> others;
  const Mount* own = mount_over(mounts, path);
  if (own == nullptr) return others;
  const std::string inner = join(own->root, below(path, own->point));  // its name inside the file system
  for (const auto& mount : mounts) {
    if (mount.device != own->device || !is_within(inner, mount.root)) continue;
    std::string alias = join(mount.point, below(inner, mount.root));
    // Only where this mount is the one seen there; else something else covers it.
    if (alias != path && mount_over(mounts, alias) == &mount) others.push_back(std::move(alias));
  }
  return others;
}

}  // namespace weir::pod
