// From wishes to mounts: links resolved, other names of the same files found, parents pinned.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "os/files.h"
#include "pod/mountinfo.h"
#include "pod/shield.h"

namespace weir::pod {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

bool outermost_first(const std::string& a, const std::string& b) {
  const auto depth = [](const std::string& path) { return std::count(path.begin(), path.end(), '/'); };
  const auto left = depth(a);
  const auto right = depth(b);
  return left != right ? left < right : a < b;
}

void sort_unique(std::vector<std::string>& paths) {
  std::sort(paths.begin(), paths.end(), outermost_first);
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}

bool within_any(const std::string& path, const std::vector<std::string>& dirs) {
  return std::any_of(dirs.begin(), dirs.end(), [&](const auto& dir) { return is_within(path, dir); });
}

Status check_paths(const ShieldSpec& spec) {
  std::size_t count = 0;
  for (const auto* list : {&spec.hidden_dirs, &spec.kept_paths, &spec.read_only_paths, &spec.masked_files})
    for (const auto& path : *list) {
      if (!path.starts_with('/') || path.find('\0') != std::string::npos)
        return fail("a path of the shield is not absolute", path, "give the full path");
      // The report names it, and the report is JSON.
      if (!valid_utf8(path) || !valid_utf8(os::resolve_path(path)))
        return fail("a path of the shield is not UTF-8", printable(path), "rename the file");
      if (++count > limits::kShieldPathsMax)
        return fail(ErrorCode::limit, "the shield has too many paths", path, "protect directories instead");
    }
  return {};
}

// `path` and every other place of this machine where the same thing is visible.
void add_with_other_names(std::vector<std::string>& to, const std::vector<Mount>& mounts,
                          const std::string& path) {
  to.push_back(path);
  for (auto& other : other_paths(mounts, path))
    to.push_back(std::move(other));
}

Status plan_hidden(ShieldPlan& plan, const std::vector<Mount>& mounts) {
  for (const auto& dir : plan.spec.hidden_dirs) {
    TRY_STATUS(os::make_dirs(dir));
    const std::string real = os::resolve_path(dir);
    if (real == "/" || is_within(plan.cwd, real))
      return fail("a hidden directory holds the working directory", dir, "work in another directory");
    if (real != dir) plan.watched.push_back({dir, real});
    add_with_other_names(plan.hidden, mounts, real);
  }
  sort_unique(plan.hidden);
  // One below another is gone with it.
  std::vector<std::string> outermost;
  for (auto& dir : plan.hidden)
    if (!within_any(dir, outermost)) outermost.push_back(std::move(dir));
  plan.hidden = std::move(outermost);
  return {};
}

Status plan_kept(ShieldPlan& plan) {
  for (const auto& path : plan.spec.kept_paths) {
    const std::string real = os::resolve_path(path);
    if (!os::exists(real))
      return fail(ErrorCode::not_found, "a path to keep does not exist", path, "start the daemon first");
    if (!within_any(real, plan.hidden))
      return fail("a path to keep lies in no hidden directory", path, "it is visible anyway: leave it out");
    plan.kept.push_back(real);
  }
  sort_unique(plan.kept);
  return {};
}

void plan_read_only(ShieldPlan& plan, const std::vector<Mount>& mounts) {
  for (const auto& path : plan.spec.read_only_paths) {
    const std::string real = os::resolve_path(path);
    struct stat status;
    if (::lstat(real.c_str(), &status) != 0) {
      plan.watched.push_back({path, ""});
      continue;
    }
    if (real != path) plan.watched.push_back({path, real});
    if (S_ISREG(status.st_mode) && status.st_nlink > 1)
      plan.weaknesses.push_back("the file has hard links, which stay writable under their other names: " +
                                real);
    add_with_other_names(plan.read_only, mounts, real);
  }
  sort_unique(plan.read_only);
}

void plan_masked(ShieldPlan& plan, const std::vector<Mount>& mounts) {
  for (const auto& path : plan.spec.masked_files) {
    const std::string real = os::resolve_path(path);
    const auto info = os::file_info(real);
    if (!info || info->kind == os::FileInfo::Kind::dir || within_any(real, plan.hidden)) continue;
    add_with_other_names(plan.masked, mounts, real);
  }
  sort_unique(plan.masked);
}

// Every directory above a protected path that the user could rename, because its parent is writable.
void plan_pins(ShieldPlan& plan) {
  std::set<std::string> pins;
  for (const auto* list : {&plan.hidden, &plan.read_only})
    for (const auto& path : *list)
      for (std::string dir = parent_of(path); dir != "/"; dir = parent_of(dir)) {
        if (within_any(dir, plan.hidden) || within_any(dir, plan.read_only)) continue;
        if (::access(parent_of(dir).c_str(), W_OK) == 0) pins.insert(dir);
      }
  plan.pins.assign(pins.begin(), pins.end());
  sort_unique(plan.pins);
}

// A process of the real uid 0 keeps, even without capabilities, what the kernel grants by that number alone:
// sysctls, and device nodes and files that belong to root. The writable ones among the kernel's own become
// read-only, block devices are masked, the rest is said.
void plan_for_root(ShieldPlan& plan) {
  for (const char* path : {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/sys"})
    if (os::exists(path)) plan.read_only.emplace_back(path);
  std::error_code ignored;
  std::size_t looked_at = 0;
  for (auto it = std::filesystem::recursive_directory_iterator("/dev", ignored);
       !ignored && it != std::filesystem::recursive_directory_iterator() && ++looked_at < 65'536;
       it.increment(ignored)) {
    struct stat status;
    const std::string path = it->path().string();
    if (::lstat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode) &&
        plan.masked.size() < limits::kShieldPathsMax)
      plan.masked.push_back(path);
  }
  sort_unique(plan.masked);
  plan.weaknesses.emplace_back(
      "the run belongs to root: files and devices that root owns stay reachable; run as an ordinary user");
}

}  // namespace

Result<ShieldPlan> plan_shield(const ShieldSpec& spec, const std::string& cwd) {
  TRY_STATUS(check_paths(spec));
  TRY(const std::vector<Mount> mounts, mounts_of(0));
  ShieldPlan plan;
  plan.spec = spec;
  plan.cwd = os::resolve_path(cwd);
  TRY_STATUS(plan_hidden(plan, mounts));
  TRY_STATUS(plan_kept(plan));
  plan_read_only(plan, mounts);
  plan_masked(plan, mounts);
  plan_pins(plan);
  if (::geteuid() == 0) plan_for_root(plan);
  return plan;
}

}  // namespace weir::pod
