// Where a pod's control group may be made (control_group.h).
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <charconv>

#include "base/bytes.h"
#include "os/files.h"
#include "pod/control_group.h"

namespace weir::pod {
namespace {

constexpr std::size_t kTextMax = 256 << 10;
constexpr const char* kRest = "/weir-rest";
constexpr int kMovesMax = 20;  // rounds: what is being moved may fork meanwhile

std::string text_of(const std::string& path) {
  return os::read_file(path, kTextMax).value_or("");
}

bool put(const std::string& path, std::string_view value) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

bool writable(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

// "4:memory:/path", "0::/path": the path of a controller, "" for version 2. None: it has no such line.
std::optional<std::string> own_path(const std::string& own, std::string_view controller) {
  for (const auto line : split(own, '\n')) {
    const auto parts = split(line, ':');
    if (parts.size() < 3) continue;
    const auto path = line.substr(parts[0].size() + parts[1].size() + 2);
    const bool second_version = parts[0] == "0" && parts[1].empty();
    bool found = controller.empty() && second_version;
    if (!controller.empty())
      for (const auto name : split(parts[1], ','))
        found |= name == controller;
    // A path with ".." lies outside of what this mount shows.
    if (found && path.starts_with('/') && !path.contains("/.."))
      return path == "/" ? std::string() : std::string(path);
  }
  return std::nullopt;
}

bool has_both(const std::string& controllers) {
  bool memory = false;
  bool processes = false;
  for (const auto name : split(trim(controllers), ' ')) {
    memory |= name == "memory";
    processes |= name == "pids";
  }
  return memory && processes;
}

bool delegated(const std::string& directory) {
  for (const char* name : {"user.delegate", "trusted.delegate"}) {
    char value = 0;
    if (::getxattr(directory.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

// The unit of systemd that a group belongs to: the nearest directory that is named like one. "" for none.
std::string unit_of(const std::string& mount, std::string directory) {
  while (directory.size() > mount.size()) {
    if (directory.ends_with(".scope") || directory.ends_with(".service")) return directory;
    directory.resize(directory.rfind('/'));
  }
  return "";
}

bool may_make_in(const std::string& directory) {
  return has_both(text_of(directory + "/cgroup.subtree_control")) && writable(directory) &&
         writable(directory + "/cgroup.procs");
}

bool give_controllers(const std::string& directory) {
  return put(directory + "/cgroup.subtree_control", "+memory +pids");
}

// Only a group without processes of its own can give controllers on. What is in it are the programs of the
// person to whom it was delegated, ourselves among them.
bool empty_and_give(const std::string& directory) {
  const std::string rest = directory + kRest;
  if (::mkdir(rest.c_str(), 0755) != 0 && errno != EEXIST) return false;
  for (int round = 0; round < kMovesMax; ++round) {
    if (give_controllers(directory)) return true;
    const std::string inside = text_of(directory + "/cgroup.procs");
    for (const auto pid : split(inside, '\n'))
      if (!pid.empty()) (void)put(rest + "/cgroup.procs", pid);
  }
  return false;
}

GroupPlace second_version(const std::string& directory) {
  return {GroupPlace::Kind::v2, directory, directory};
}

GroupPlace find_v2(const GroupHost& host, const std::string& path) {
  const std::string own = host.mount + path;
  if (!writable(own + "/cgroup.procs")) return {};
  std::string top = host.mount;
  if (host.systemd) {
    top = unit_of(host.mount, own);
    if (top.empty() || !delegated(top)) return {};
  }
  if (own != top) {
    const std::string above = own.substr(0, own.rfind('/'));
    if (may_make_in(above)) return second_version(above);
  }
  if (may_make_in(own)) return second_version(own);
  if (!has_both(text_of(own + "/cgroup.controllers")) || !writable(own)) return {};
  const bool given = host.systemd ? empty_and_give(own) : give_controllers(own);
  return given && may_make_in(own) ? second_version(own) : GroupPlace();
}

GroupPlace find_v1(const GroupHost& host) {
  const auto below = [&](const char* controller) -> std::string {
    const auto path = own_path(host.own, controller);
    if (!path) return "";
    const std::string directory = host.mount + "/" + controller + *path;
    return writable(directory) && writable(directory + "/cgroup.procs") ? directory : "";
  };
  GroupPlace place{GroupPlace::Kind::v1, below("memory"), below("pids")};
  return place.memory.empty() && place.processes.empty() ? GroupPlace() : place;
}

}  // namespace

GroupHost this_host() {
  GroupHost host;
  host.own = text_of("/proc/self/cgroup");
  host.uid = ::geteuid();
  struct stat info;
  host.systemd = ::lstat("/run/systemd/system", &info) == 0;
  return host;
}

GroupPlace find_group_place(const GroupHost& host) {
  const bool first_version = own_path(host.own, "memory") || own_path(host.own, "pids");
  if (first_version) return host.uid == 0 && !host.systemd ? find_v1(host) : GroupPlace();
  const auto path = own_path(host.own, "");
  return path ? find_v2(host, *path) : GroupPlace();
}

}  // namespace weir::pod
