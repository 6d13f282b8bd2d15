#include "shell/paths.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace weir::shell {
namespace {

// Directories whose loss breaks a machine (Filesystem Hierarchy Standard 3.0, macOS), as such and below.
constexpr std::string_view kSystem[] = {"/bin",         "/boot",    "/etc",          "/lib", "/lib32",
                                        "/lib64",       "/proc",    "/sbin",         "/sys", "/usr",
                                        "/System",      "/Library", "/Applications", "/dev", "/run",
                                        "/private/etc", "/efi",     "/nix",          "/snap"};
// Directories that hold what belongs to all: losing one as a whole is a disaster, losing something in it is
// not.
constexpr std::string_view kShared[] = {
    "/home",    "/root",    "/var",     "/opt",       "/srv",     "/mnt",         "/media", "/Users",
    "/Volumes", "/var/lib", "/var/log", "/usr/local", "/private", "/private/var", "/data",  "/workspace"};
constexpr std::string_view kTemporary[] = {"/tmp",         "/var/tmp",     "/dev/shm",
                                           "/private/tmp", "/var/folders", "/private/var/folders"};
// What package managers and programs keep to save time.
constexpr std::string_view kCache[] = {"/var/cache", "/var/lib/apt/lists", "/var/lib/dnf", "/root/.cache",
                                       "/root/.npm", "~/.cache",           "~/.npm"};
// Variables that by custom name a temporary place, and what makes one.
constexpr std::string_view kTemporaryHoles[] = {"$TMPDIR",  "${TMPDIR}", "$TMP",         "${TMP}",
                                                "$TEMP",    "${TEMP}",   "$RUNNER_TEMP", "${RUNNER_TEMP}",
                                                "$(mktemp", "`mktemp"};

bool in_list(std::string_view path, const auto& list) {
  return std::find(std::begin(list), std::end(list), path) != std::end(list);
}
bool below_any(std::string_view path, const auto& list) {
  return std::any_of(std::begin(list), std::end(list), [&](std::string_view d) { return is_below(path, d); });
}

// A pattern that means everything in its directory: *, .*, {*,.*}, ?* ...
bool takes_all(std::string_view component) {
  return component.find('*') != std::string_view::npos &&
         component.find_first_not_of("*.?{},![]^") == std::string_view::npos;
}

// The directory that is meant as a whole: "/etc" for "/etc" and "/etc/*".
std::string_view whole_of(std::string_view path, bool glob) {
  const auto slash = path.rfind('/');
  if (!glob || slash == std::string_view::npos || !takes_all(path.substr(slash + 1))) return path;
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

bool is_home(std::string_view path, const Environment& environment) {
  if (path == "~" || path == "/root" || (!environment.home.empty() && path == environment.home)) return true;
  for (const std::string_view base : {"/home/", "/Users/"})
    if (path.starts_with(base) && path.size() > base.size() &&
        path.find('/', base.size()) == std::string_view::npos)
      return true;
  // ~user as a whole
  return path.starts_with('~') && path.find('/') == std::string_view::npos;
}

bool root_like(std::string_view whole, const Environment& environment) {
  if (whole == "/" || in_list(whole, kSystem) || in_list(whole, kShared) || is_home(whole, environment)) {
    // The workspace may itself be such a place (/workspace); then it is judged as a workspace.
    return whole != environment.workspace;
  }
  const auto ancestor = [&](std::string_view place) {
    return place.size() > whole.size() && is_below(place, whole);
  };
  if (!whole.starts_with('/')) return false;
  return ancestor(environment.workspace) || ancestor(environment.home);
}

bool block_device(std::string_view path) {
  for (const std::string_view prefix :
       {"/dev/sd", "/dev/hd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/mmcblk", "/dev/disk", "/dev/rdisk",
        "/dev/mapper/", "/dev/md", "/dev/dm-", "/dev/loop", "/dev/mem", "/dev/kmem"})
    if (path.starts_with(prefix)) return true;
  return false;
}

}  // namespace

bool is_below(std::string_view path, std::string_view directory) {
  if (directory.empty() || !path.starts_with(directory)) return false;
  return path.size() == directory.size() || directory == "/" || path[directory.size()] == '/';
}

bool is_stream_device(std::string_view path) {
  return path == "/dev/null" || path == "/dev/stdout" || path == "/dev/stderr" || path == "/dev/stdin" ||
         path == "/dev/tty" || path == "/dev/zero" || path == "/dev/urandom" || path == "/dev/random" ||
         path == "/dev/full" || path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string normalise_path(std::string_view path) {
  if (path.find("/.") == std::string_view::npos && path.find("//") == std::string_view::npos &&
      !path.starts_with('.') && (path.size() < 2 || !path.ends_with('/')))
    return std::string(path);
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (part != ".." || !absolute)
      parts.push_back(part);
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i)
    out.append(i > 0 ? "/" : "").append(parts[i]);
  return out.empty() ? "." : out;
}

// long: one question about the path after another
PathInfo describe_path(const Arg& arg, const Environment& environment,
                       const std::optional<std::string>& cwd) {
  PathInfo info;
  info.glob = arg.glob;
  info.known = arg.known();
  std::string text = arg.text;
  if (!environment.home.empty() && (text == "~" || text.starts_with("~/")))
    text.replace(0, 1, environment.home);
  else if (text.size() > 1 && text[0] == '~' && text[1] != '/' && text[1] != '+' && text[1] != '-' &&
           arg.prefix().find('/') != std::string_view::npos)
    text.replace(0, 1, "/home/");  // ~ann/x: by convention; the real place is for the rim to know
  const bool starts_known = !arg.prefix().empty() || arg.known();
  const bool absolute = starts_known && (text.starts_with('/') || text.starts_with('~'));
  info.prefix_known = absolute || (starts_known && cwd.has_value());
  if (starts_known && !absolute && cwd) text = *cwd + "/" + text;
  info.path = arg.known() || info.prefix_known ? normalise_path(text) : text;
  if (!arg.known()) {
    // What is left when the unknown parts are empty: rm -rf "$DIR"/ becomes rm -rf /.
    std::string rest;
    std::size_t at = 0;
    for (const Hole& hole : arg.holes) {
      rest += arg.text.substr(at, hole.begin - at);
      at = hole.end;
    }
    rest += arg.text.substr(at);
    if (rest.starts_with('/')) {
      const std::string path = normalise_path(rest);
      // mktemp prints a name or fails
      const bool made = arg.text.starts_with("$(mktemp") || arg.text.starts_with("`mktemp");
      info.root_if_empty = !made && root_like(whole_of(path, arg.glob), environment);
    }
  }
  if (!info.prefix_known) {
    info.temporary = std::any_of(std::begin(kTemporaryHoles), std::end(kTemporaryHoles),
                                 [&](std::string_view hole) { return info.path.starts_with(hole); });
    // "$TMPDIR/../etc" leaves that place
    info.temporary = info.temporary && info.path.find("/..") == std::string::npos;
    return info;
  }
  std::string_view place = info.path;
  std::string known_part;
  if (!arg.known()) {
    // Only whole components before the first hole are sure.
    known_part = info.path.substr(0, std::min(info.path.find('$'), info.path.find('`')));
    const auto slash = known_part.rfind('/');
    known_part =
        slash == std::string::npos ? known_part : known_part.substr(0, std::max<std::size_t>(slash, 1));
    place = known_part;
  }
  if (place.starts_with('/')) {
    if (!environment.workspace.empty()) info.inside_workspace = is_below(place, environment.workspace);
  } else if (place.starts_with('~') && !environment.workspace.empty()) {
    info.inside_workspace = false;
  }
  const std::string_view whole = whole_of(place, arg.glob);
  info.workspace_root = arg.known() && !environment.workspace.empty() && whole == environment.workspace;
  info.root_like = arg.known() && root_like(whole, environment);
  info.temporary = below_any(place, kTemporary);
  info.system = !info.temporary && (below_any(place, kSystem) || place == "/") && !is_stream_device(place) &&
                !is_below(place, "/usr/local");
  info.cache = below_any(place, kCache) ||
               (!environment.home.empty() && (is_below(place, environment.home + "/.cache") ||
                                              is_below(place, environment.home + "/.npm")));
  info.device = block_device(place);
  return info;
}

}  // namespace weir::shell
