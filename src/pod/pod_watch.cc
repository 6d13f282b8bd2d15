#include "pod/pod_watch.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "os/files.h"
#include "pod/tree.h"

namespace weir::pod {
namespace {

constexpr std::size_t kToldMax = 4;
constexpr std::size_t kStatusBytesMax = 16'384;
constexpr std::array kNamespaces = {"user", "mnt", "net", "pid", "ipc", "uts", "cgroup"};

std::string in_proc(pid_t pid, std::string_view what) {
  return "/proc/" + std::to_string(pid) + "/" + std::string(what);
}

// "net:[4026531840]"; "" when it cannot be read.
std::string namespace_of(const std::string& process, const char* name) {
  char buffer[64];
  const std::string path = "/proc/" + process + "/ns/" + name;
  const ssize_t size = ::readlink(path.c_str(), buffer, sizeof buffer);
  return size <= 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
}

// The value of "Name:\tvalue"; none when there is no such line.
std::optional<std::string_view> field(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    const auto end = status.find('\n');
    const std::string_view line = status.substr(0, end);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(":"))
      return trim(line.substr(name.size() + 1));
    if (end == std::string_view::npos) break;
    status.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> PodWatch::breaches() {
  std::vector<std::string> found;
  auto members = Tree(first_).members();
  std::erase_if(members, [](const auto& process) { return process.state == 'Z'; });
  if (members.empty()) return found;
  const std::size_t count = std::min(members.size(), kWatchedAtOnceMax);
  for (std::size_t i = 0; i < count && found.size() < kToldMax; ++i)
    look_at(members[(next_ + i) % members.size()].pid, found);
  next_ = members.size() > count ? (next_ + count) % members.size() : 0;
  return found;
}

void PodWatch::look_at(pid_t pid, std::vector<std::string>& found) {
  const auto status = os::read_file(in_proc(pid, "status"), kStatusBytesMax);
  // Nothing is left of one that has just ended, and a thread group that is ending has no capabilities to
  // tell.
  if (!status || field(*status, "State").value_or("Z").starts_with("Z")) return;
  const auto expect = [&](std::string_view name, std::string_view value, std::string_view what) {
    const auto now = field(*status, name);
    if (!now || *now != value)
      found.push_back("process " + std::to_string(pid) + " has " + std::string(what));
  };
  expect("Seccomp", "2", "no system call filter");
  expect("NoNewPrivs", "1", "no no_new_privs");
  const auto capabilities = field(*status, "CapEff").value_or("?");
  if (capabilities.find_first_not_of('0') != std::string_view::npos)
    found.push_back("process " + std::to_string(pid) + " has capabilities");
  look_at_namespaces(pid, found);
  look_at_mounts(pid, found);
}

void PodWatch::look_at_namespaces(pid_t pid, std::vector<std::string>& found) {
  for (const char* name : kNamespaces) {
    const std::string now = namespace_of(std::to_string(pid), name);
    if (now.empty()) return;
    if (now == namespace_of("self", name))
      found.push_back("process " + std::to_string(pid) + " is outside: in this machine's " + name +
                      " namespace");
    const std::string& before = namespaces_.emplace(name, now).first->second;
    if (now != before)
      found.push_back("process " + std::to_string(pid) + " is in a " + name + " namespace of its own");
  }
}

void PodWatch::look_at_mounts(pid_t pid, std::vector<std::string>& found) {
  auto table = os::read_file(in_proc(pid, "mountinfo"), limits::kMountinfoBytesMax);
  if (!table || table->empty()) return;
  if (mounts_.empty())
    mounts_ = *std::move(table);
  else if (mounts_ != *table)
    found.push_back("the pod's mounts have changed");
}

}  // namespace weir::pod
