#include "pod/control_group.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/bytes.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"

namespace weir::pod {
namespace {

constexpr std::string_view kPrefix = "weir-pod-";
constexpr std::size_t kTextMax = 64 << 10;
constexpr std::size_t kSweptMax = 4096;  // entries looked at in one directory
constexpr int kRemoveTries = 200;        // a millisecond each
constexpr mode_t kMode = 0755;

std::string text_of(const std::string& path) {
  return os::read_file(path, kTextMax).value_or("");
}

// The kernel's files take one write for a whole value.
bool put(const std::string& path, const std::string& value) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::uint64_t to_number(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// "oom_kill 3": lines of a name and a number.
std::uint64_t counted(const std::string& text, std::string_view name) {
  for (const auto line : split(text, '\n')) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') continue;
    return to_number(line.substr(name.size() + 1));
  }
  return 0;
}

std::uint64_t start_of(pid_t pid) {
  const auto info = os::process_info(pid);
  return info ? info->start_ticks : 0;
}

// "weir-pod-PID-START-RANDOM"
std::string new_name() {
  const pid_t pid = ::getpid();
  return std::string(kPrefix) + std::to_string(pid) + "-" + std::to_string(start_of(pid)) + "-" +
         os::new_uuid().substr(24);
}

bool maker_has_ended(std::string_view name) {
  const auto parts = split(name.substr(kPrefix.size()), '-');
  if (parts.size() != 3) return false;
  const auto pid = static_cast<pid_t>(to_number(parts[0]));
  return pid > 0 && start_of(pid) != to_number(parts[1]);
}

// What a maker that was killed left. One with processes in it the kernel keeps.
void sweep(const std::string& directory) {
  std::size_t looked_at = 0;
  for (const auto& name : os::list_dir(directory))
    if (++looked_at <= kSweptMax && name.starts_with(kPrefix) && maker_has_ended(name))
      ::rmdir((directory + "/" + name).c_str());
}

}  // namespace

ControlGroup ControlGroup::make(const GroupPlace& place) {
  ControlGroup group;
  if (place.kind == GroupPlace::Kind::none) return group;
  group.kind_ = place.kind;
  group.maker_ = ::getpid();
  group.name_ = new_name();
  const auto make_in = [&](const std::string& parent) -> std::string {
    if (parent.empty()) return "";
    const std::string path = parent + "/" + group.name_;
    if (std::ranges::find(group.directories_, path) != group.directories_.end()) return path;
    sweep(parent);
    if (::mkdir(path.c_str(), kMode) != 0) return "";
    group.directories_.push_back(path);
    return path;
  };
  group.memory_ = make_in(place.memory);
  group.processes_ = make_in(place.processes);
  if (group.directories_.empty()) return {};
  if (place.kind == GroupPlace::Kind::v2) {
    group.into_ = os::Fd(::open(group.memory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!group.into_) return {};
  }
  return group;
}

ControlGroup& ControlGroup::operator=(ControlGroup&& other) noexcept {
  if (this == &other) return *this;
  remove();
  kind_ = std::exchange(other.kind_, GroupPlace::Kind::none);
  maker_ = other.maker_;
  name_ = std::move(other.name_);
  directories_ = std::exchange(other.directories_, {});
  memory_ = std::move(other.memory_);
  processes_ = std::move(other.processes_);
  into_ = std::move(other.into_);
  event_ = std::move(other.event_);
  return *this;
}

// By "tasks" (one thread) in place of "cgroup.procs": for the writer itself the kernel then needs no lock
// over all of the machine's processes, for which it waits about ten milliseconds. A process that was just
// cloned has one.
bool ControlGroup::join() const {
  return std::ranges::all_of(directories_, [](const std::string& path) { return put(path + "/tasks", "0"); });
}

bool ControlGroup::holds(pid_t pid) const {
  std::size_t found = 0;
  const std::string text = text_of("/proc/" + std::to_string(pid) + "/cgroup");
  for (const auto line : split(text, '\n'))
    found += line.ends_with("/" + name_) ? 1 : 0;
  return found == directories_.size();
}

GroupKept ControlGroup::limit(const PodLimits& limits) {
  GroupKept kept;
  if (!exists()) return kept;
  const bool first_version = kind_ == GroupPlace::Kind::v1;
  kept.by = first_version ? "cgroup v1" : "cgroup v2";
  if (limits.memory_bytes > 0 && !memory_.empty()) {
    const std::string bytes = std::to_string(limits.memory_bytes);
    kept.memory = put(memory_ + (first_version ? "/memory.limit_in_bytes" : "/memory.max"), bytes);
    // Without swap: what is pushed out of memory would be no longer counted. Absent where the kernel has
    // none.
    (void)put(memory_ + (first_version ? "/memory.memsw.limit_in_bytes" : "/memory.swap.max"),
              first_version ? bytes : "0");
    // All of them or none: half a program is no use to anybody.
    if (!first_version) (void)put(memory_ + "/memory.oom.group", "1");
  }
  if (kept.memory && first_version) {
    event_ = os::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const os::Fd control(::open((memory_ + "/memory.oom_control").c_str(), O_RDONLY | O_CLOEXEC));
    if (!put(memory_ + "/cgroup.event_control",
             std::to_string(event_.get()) + " " + std::to_string(control.get())))
      event_.reset();
  }
  // The pod's first process is one of them.
  if (limits.processes > 0 && !processes_.empty())
    kept.processes = put(processes_ + "/pids.max", std::to_string(limits.processes + 1));
  return kept;
}

void ControlGroup::took_event() const {
  std::uint64_t ignored = 0;
  (void)!::read(event_.get(), &ignored, sizeof ignored);
}

std::optional<std::string> ControlGroup::out_of_memory(const PodLimits& limits) const {
  if (memory_.empty() || limits.memory_bytes == 0) return std::nullopt;
  const bool first_version = kind_ == GroupPlace::Kind::v1;
  const std::string events = text_of(memory_ + (first_version ? "/memory.oom_control" : "/memory.events"));
  if (counted(events, "oom_kill") == 0) return std::nullopt;
  // By its own limit, or for want of memory in the machine or in a group around it?
  // (Version 1 has counts of failures that it does not always keep, and charges in batches.)
  const auto peak = first_version ? to_number(text_of(memory_ + "/memory.max_usage_in_bytes")) : 0;
  const bool at_its_limit =
      first_version ? peak >= limits.memory_bytes - limits.memory_bytes / 16 : counted(events, "oom") > 0;
  if (!at_its_limit) return "memory: the machine, or the control group around it, had no more";
  return "memory: the limit is " + std::to_string(limits.memory_bytes >> 20) + " MiB";
}

void ControlGroup::kill() const {
  if (kind_ == GroupPlace::Kind::v2) (void)put(memory_ + "/cgroup.kill", "1");
}

void ControlGroup::remove() {
  if (!exists() || maker_ != ::getpid()) return;
  kind_ = GroupPlace::Kind::none;
  event_.reset();
  into_.reset();
  for (const auto& path : directories_)
    for (int tries = 0; ::rmdir(path.c_str()) != 0 && errno == EBUSY && tries < kRemoveTries; ++tries)
      ::usleep(1000);
  directories_.clear();
}

}  // namespace weir::pod
