#include "pod/pod_limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/bytes.h"
#include "changes/beneath.h"
#include "os/files.h"
#include "pod/tree.h"

namespace weir::pod {
namespace {

constexpr std::size_t kStatBytesMax = 4096;
constexpr std::size_t kStatusBytesMax = 1 << 20;  // it has a line of all groups
constexpr std::size_t kDepthMax = 400;            // a descriptor each, of often 1,024

LimitState state(std::string name, std::uint64_t value, const char* kept, const char* by) {
  if (value == 0) return {std::move(name), 0, "off", ""};
  return {std::move(name), value, kept, by};
}

// Lowers a limit for good; never above what the caller itself has.
Status lower(int resource, std::uint64_t value, const char* name) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &now) != 0)
    return std::unexpected(os::errno_error("cannot read a limit", name, errno));
  const rlim_t wanted = std::min<rlim_t>(value, now.rlim_max);
  const rlimit both{wanted, wanted};
  if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &both) != 0)
    return std::unexpected(os::errno_error("cannot set a limit", name, errno));
  return {};
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string proc_text(pid_t pid, const char* name, std::size_t bytes_max = kStatBytesMax) {
  return os::read_file("/proc/" + std::to_string(pid) + "/" + name, bytes_max).value_or("");
}

// proc_pid_status(5): "RssAnon:      1234 kB". Shared memory would else be a way around the limit; file pages
// are the kernel's to drop.
std::uint64_t resident_bytes(pid_t pid) {
  const std::string text = proc_text(pid, "status", kStatusBytesMax);
  std::uint64_t kib = 0;
  for (const auto line : split(text, '\n'))
    for (const std::string_view field : {"RssAnon:", "RssShmem:"})
      if (line.starts_with(field)) kib += number(trim(line.substr(field.size())));
  return kib << 10;
}

// proc_pid_stat(5), fields 14 to 17 and 20 counted from 1: its own time, that of children it has waited for,
// and its threads.
struct Times {
  std::uint64_t own_ticks = 0;
  std::uint64_t children_ticks = 0;
  std::uint64_t threads = 1;
};
Times times_of(pid_t pid) {
  const std::string text = proc_text(pid, "stat");
  const auto close = text.rfind(')');
  if (close == std::string::npos || close + 2 > text.size()) return {};
  const auto fields = split(std::string_view(text).substr(close + 2), ' ');  // from field 3 on
  if (fields.size() < 18) return {};
  return {number(fields[11]) + number(fields[12]), number(fields[13]) + number(fields[14]),
          std::max<std::uint64_t>(1, number(fields[17]))};
}

// By descriptors: the pod nests deeper than any path is long. What it closed or took away meanwhile is left
// out; anything else that cannot be looked at makes the sum worthless.
class DiskWalk {
 public:
  explicit DiskWalk(std::size_t entries_max) : left_(entries_max) {}

  bool add(const std::string& dir) {
    if (!enter(AT_FDCWD, dir)) return false;
    while (!stack_.empty()) {
      auto& names = stack_.back().directories;
      if (names.empty()) {
        stack_.pop_back();
        continue;
      }
      const std::string name = std::move(names.back());
      names.pop_back();
      if (!enter(stack_.back().fd.get(), name)) return false;
    }
    return true;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Level {
    os::Fd fd;
    std::vector<std::string> directories;  // in it, still to be entered
  };

  bool enter(int above, const std::string& name) {
    if (stack_.size() == kDepthMax) return false;
    Level level;
    level.fd = os::Fd(::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    // ENOTDIR, ELOOP: something else has taken its name since.
    if (!level.fd) return errno == EACCES || errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    const auto names = changes::names_in(level.fd.get(), left_ + 1);
    if (!names) return names.error().code == ErrorCode::not_found || names.error().code == ErrorCode::denied;
    if (names->size() > left_) return false;
    left_ -= names->size();
    for (const auto& one : *names) {
      struct stat status;
      if (::fstatat(level.fd.get(), one.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == EACCES || errno == ENOENT) continue;
        return false;
      }
      bytes_ += static_cast<std::uint64_t>(status.st_blocks) * 512;
      if (S_ISDIR(status.st_mode)) level.directories.push_back(one);
    }
    stack_.push_back(std::move(level));
    return true;
  }

  std::size_t left_;
  std::uint64_t bytes_ = 0;
  std::vector<Level> stack_;
};

PodUsage usage_of(pid_t first, const std::vector<pid_t>& pids) {
  PodUsage usage;
  std::uint64_t ticks = times_of(first).children_ticks;
  for (const pid_t pid : pids) {
    const Times times = times_of(pid);
    ticks += times.own_ticks + times.children_ticks;
    usage.processes += times.threads;
    usage.memory_bytes += resident_bytes(pid);
  }
  usage.cpu_ms = ticks * 1000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return usage;
}

std::string mib(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

std::vector<LimitState> limit_states(const PodLimits& limits, uid_t uid, const GroupKept& kept) {
  const auto in_group = [&](const char* name, std::uint64_t value, bool enforced, bool otherwise,
                            const char* by) -> LimitState {
    if (enforced && value > 0) return {name, value, "enforced", kept.by + ", all processes together"};
    return state(name, value, otherwise ? "enforced" : "supervised", by);
  };
  const bool counted = uid != 0;
  return {
      in_group("memory", limits.memory_bytes, kept.memory, false, "sum of all every 100 ms"),
      in_group(
          "processes", limits.processes, kept.processes, counted,
          counted ? "RLIMIT_NPROC of the pod's user namespace" : "count every 100 ms; the kernel lets root"),
      state("open_files", limits.open_files, "enforced", "RLIMIT_NOFILE for one process"),
      state("cpu", limits.cpu_ms, "supervised", "sum of all every 100 ms; RLIMIT_CPU for one process"),
      state("disk", limits.disk_bytes, "supervised", "upper directories, once a second"),
      state("file", limits.file_bytes, "enforced", "RLIMIT_FSIZE for one file"),
      state("time", limits.wall_ms, "enforced", "the supervisor ends the pid namespace"),
  };
}

PodLimits not_kept(PodLimits limits, const GroupKept& kept) {
  if (kept.memory) limits.memory_bytes = 0;
  if (kept.processes) limits.processes = 0;
  return limits;
}

void tell_limits_alone(std::vector<LimitState>& limits, const GroupKept& kept) {
  for (auto& limit : limits) {
    if (limit.value == 0) continue;
    if (limit.name == "processes" && !kept.processes) {
      limit.kept = "supervised";
      limit.by = "count every 100 ms";
    } else if (limit.name == "time") {
      limit.by = "the supervisor ends all that descend from the command";
    } else if (limit.name == "disk") {
      limit.by = "the copy of the workspace, home and TMPDIR, once a second";
    }
  }
}

Status apply_limits(const PodLimits& limits) {
  // The kernel takes 1 as "no dump through a pipe either"; with a file it is less than any dump.
  TRY_STATUS(lower(RLIMIT_CORE, 1, "RLIMIT_CORE"));
  // The reaper counts as one, too.
  if (limits.processes > 0) TRY_STATUS(lower(RLIMIT_NPROC, limits.processes + 1, "RLIMIT_NPROC"));
  if (limits.open_files > 0) TRY_STATUS(lower(RLIMIT_NOFILE, limits.open_files, "RLIMIT_NOFILE"));
  if (limits.cpu_ms > 0) TRY_STATUS(lower(RLIMIT_CPU, limits.cpu_ms / 1000 + 1, "RLIMIT_CPU"));
  if (limits.file_bytes > 0) TRY_STATUS(lower(RLIMIT_FSIZE, limits.file_bytes, "RLIMIT_FSIZE"));
  return {};
}

bool needs_looking(const PodLimits& limits) {
  return limits.memory_bytes > 0 || limits.processes > 0 || limits.cpu_ms > 0;
}

std::optional<PodUsage> usage_here() {
  std::vector<pid_t> pids;
  bool sees_itself = false;
  for (const auto& name : os::list_dir("/proc")) {
    const auto pid = static_cast<pid_t>(number(name));
    sees_itself |= pid == 1;
    if (pid > 1) pids.push_back(pid);
  }
  if (!sees_itself) return std::nullopt;
  return usage_of(1, pids);
}

std::optional<PodUsage> usage_below(pid_t first) {
  std::vector<pid_t> pids;
  for (const auto& process : Tree(first).members())
    pids.push_back(process.pid);
  if (proc_text(first, "stat").empty()) return std::nullopt;
  return usage_of(first, pids);
}

std::optional<std::uint64_t> disk_usage(const std::vector<std::string>& dirs, std::size_t entries_max) {
  DiskWalk walk(entries_max);
  for (const auto& dir : dirs)
    if (!walk.add(dir)) return std::nullopt;
  return walk.bytes();
}

std::optional<std::string> exceeded(const PodLimits& limits, const PodUsage& usage) {
  if (limits.memory_bytes > 0 && usage.memory_bytes > limits.memory_bytes)
    return "memory: " + mib(usage.memory_bytes) + ", the limit is " + mib(limits.memory_bytes);
  if (limits.processes > 0 && usage.processes > limits.processes)
    return "processes: " + std::to_string(usage.processes) + ", the limit is " +
           std::to_string(limits.processes);
  if (limits.cpu_ms > 0 && usage.cpu_ms > limits.cpu_ms)
    return "processor time: " + std::to_string(usage.cpu_ms) + " ms, the limit is " +
           std::to_string(limits.cpu_ms) + " ms";
  if (limits.disk_bytes > 0 && usage.disk_bytes > limits.disk_bytes)
    return "disk: " + mib(usage.disk_bytes) + ", the limit is " + mib(limits.disk_bytes);
  return std::nullopt;
}

}  // namespace weir::pod
