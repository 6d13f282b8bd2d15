// Checks a PodSpec against this machine and brings its mounts into order.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "os/files.h"
#include "pod/inbound.h"
#include "pod/mountinfo.h"
#include "pod/pod_listeners.h"
#include "pod/pod_spec.h"

namespace weir::pod {
namespace {

constexpr std::size_t kArgumentsMax = 65'536;
constexpr std::size_t kHostnameBytesMax = 63;  // RFC 1123 section 2.1: one label

// Absolute, and every component a plain name: what is written is what is meant.
bool is_normal(std::string_view path) {
  if (path == "/") return true;
  if (!path.starts_with('/') || path.ends_with('/') || path.contains('\0')) return false;
  for (const auto part : split(path.substr(1), '/'))
    if (part.empty() || part == "." || part == "..") return false;
  return true;
}

// Places that the launcher makes itself.
bool is_own_place(std::string_view at) {
  return at == "/" || is_within(at, "/proc") || is_within(at, "/dev");
}

Status check_places(const PodSpec& spec) {
  std::set<std::string> taken;
  const auto take = [&](const std::string& at) -> Status {
    if (!is_normal(at)) return fail("a path inside the pod must be absolute and normal", printable(at, 200));
    if (is_own_place(at))
      return fail("this place inside the pod is the launcher's own", at, "choose another");
    if (!taken.insert(at).second) return fail("two things are to stand at one place of the pod", at);
    return {};
  };
  for (const auto& mount : spec.mounts)
    TRY_STATUS(take(mount.at));
  for (const auto& file : spec.files)
    TRY_STATUS(take(file.at));
  for (const auto& link : spec.links)
    TRY_STATUS(take(link.at));
  for (const auto& door : spec.doors)
    TRY_STATUS(take(door.at));
  if (spec.doors.size() > kPodDoorsMax)
    return fail(ErrorCode::limit, "a pod has at most " + std::to_string(kPodDoorsMax) + " doors", "doors");
  if (taken.size() > limits::kShieldPathsMax)
    return fail(ErrorCode::limit, "a pod names more than 1024 paths", "mounts");
  if (!is_normal(spec.cwd)) return fail("the working directory must be absolute", printable(spec.cwd, 200));
  return {};
}

Status check_program(const PodSpec& spec) {
  if (spec.argv.empty() || spec.argv[0].empty())
    return fail("no program to run", "argv", "name one after --");
  if (spec.argv.size() > kArgumentsMax) return fail(ErrorCode::limit, "too many arguments", "argv");
  for (const auto& text : spec.argv)
    if (text.contains('\0')) return fail("an argument holds a NUL byte", "argv");
  for (const auto& [key, value] : spec.env)
    if (key.empty() || key.contains('=') || key.contains('\0') || value.contains('\0'))
      return fail("an environment variable cannot be written", printable(key, 100));
  if (spec.hostname.empty() || spec.hostname.size() > kHostnameBytesMax)
    return fail("a host name has 1 to 63 bytes", "hostname");
  return {};
}

// `keep_out`: with its links resolved.
Status check_kept_out(const std::vector<std::string>& keep_out, const std::string& source,
                      const std::string& at, PodMount::Kind kind) {
  for (const auto& real : keep_out) {
    if (is_within(source, real) || is_within(real, source))
      return fail(ErrorCode::denied, "this would show Weir's own files inside the pod", source + " at " + at,
                  kind == PodMount::Kind::overlay || kind == PodMount::Kind::direct
                      ? "change to another directory: this one holds " + real + " or lies in it"
                      : "bind a directory that neither holds " + real + " nor lies in it");
  }
  return {};
}

// What exists at `path`, with its links resolved.
Result<std::string> existing(const std::string& path, bool must_be_dir) {
  if (!path.starts_with('/')) return fail("a path outside must be absolute", printable(path, 200));
  std::string real = os::resolve_path(path);
  struct stat status;
  if (::stat(real.c_str(), &status) != 0)
    return fail(ErrorCode::not_found, "there is nothing to show in the pod", path, "correct the path");
  if (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode) || S_ISBLK(status.st_mode) ||
      S_ISCHR(status.st_mode))
    return fail("sockets, pipes and devices are not shown in a pod", path);
  if (must_be_dir && !S_ISDIR(status.st_mode)) return fail("this must be a directory", path);
  return real;
}

Result<PodMount> resolved(const std::vector<std::string>& keep_out, PodMount mount) {
  using Kind = PodMount::Kind;
  if (mount.kind == Kind::tmpfs) {
    if (mount.bytes_max == 0) return fail("a tmpfs needs a size", mount.at);
    return mount;
  }
  TRY(mount.source, existing(mount.source, mount.kind == Kind::overlay || mount.kind == Kind::direct));
  if (mount.source == "/" || is_within(mount.source, "/proc") || is_within(mount.source, "/dev") ||
      is_within(mount.source, "/sys"))
    return fail(ErrorCode::denied, "this directory of the host is never shown in a pod", mount.source,
                "name the directories below it that are needed");
  if (mount.source == "/run" || mount.source == "/var/run")
    return fail(ErrorCode::denied, "/run holds the sockets that start programs outside", mount.source,
                "name the one file that is needed");
  if (mount.kind == Kind::own) return mount;
  TRY_STATUS(check_kept_out(keep_out, mount.source, mount.at, mount.kind));
  if (mount.kind != Kind::overlay) return mount;
  TRY(mount.upper, existing(mount.upper, true));
  TRY(mount.work, existing(mount.work, true));
  if (is_within(mount.upper, mount.source) || is_within(mount.work, mount.source))
    return fail("the changes of a workspace cannot be kept inside of it", mount.upper,
                "use another workspace or another state directory");
  struct stat upper;
  struct stat work;
  if (::stat(mount.upper.c_str(), &upper) != 0 || ::stat(mount.work.c_str(), &work) != 0 ||
      upper.st_dev != work.st_dev)
    return fail("upper and work directory lie on different file systems", mount.upper);
  return mount;
}

Result<PodDoor> resolved(PodDoor door) {
  if (!door.source.starts_with('/'))
    return fail("a path outside must be absolute", printable(door.source, 200));
  door.source = os::resolve_path(door.source);
  struct stat status;
  if (::stat(door.source.c_str(), &status) != 0)
    return fail(ErrorCode::not_found, "there is no socket", door.source, "start what listens there");
  if (!S_ISSOCK(status.st_mode)) return fail("a door of a pod leads to a socket", door.source);
  return door;
}

std::size_t depth(const std::string& path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

// cwd must exist inside: below some mount, or a directory that leads to one.
Status check_cwd(const PodPlan& plan) {
  if (plan.spec.cwd == "/") return {};
  for (const auto& mount : plan.mounts)
    if (is_within(plan.spec.cwd, mount.at) || is_within(mount.at, plan.spec.cwd)) return {};
  return fail(ErrorCode::not_found, "the working directory is not in the pod", plan.spec.cwd,
              "mount it, or start elsewhere");
}

// What the workspace's top level has of another owner or group. The pod has one uid and one gid, and without
// privilege no other can be mapped (user_namespaces(7)): overlayfs cannot copy such a file to change it.
std::string foreign_entry(const PodPlan& plan, const std::string& workspace) {
  constexpr std::size_t kLooksMax = 1000;
  const auto names = os::list_dir(workspace);
  for (std::size_t i = 0; i < std::min(names.size(), kLooksMax); ++i) {
    struct stat status;
    if (::lstat((workspace + "/" + names[i]).c_str(), &status) == 0 &&
        (status.st_uid != plan.uid || status.st_gid != plan.gid))
      return names[i];
  }
  return {};
}

// A second, writable way into a direct workspace would be one past the catalogue.
Status check_direct(const PodPlan& plan) {
  const PodMount* workspace = direct_workspace(plan);
  if (workspace == nullptr) return {};
  if (!plan.spec.supervised)
    return fail(ErrorCode::internal, "a direct pod must be supervised", workspace->at);
  for (const auto& mount : plan.mounts) {
    const bool written = mount.kind == PodMount::Kind::writable || mount.kind == PodMount::Kind::direct;
    if (&mount == workspace || !written) continue;
    if (is_within(mount.source, workspace->source) || is_within(workspace->source, mount.source))
      return fail(ErrorCode::denied, "a writable bind would open the direct workspace past the catalogue",
                  mount.source, "leave out this --bind; --held PATH lets held files at PATH be changed");
  }
  return {};
}

void note_weaknesses(PodPlan& plan) {
  if (plan.uid == 0)
    plan.weaknesses.emplace_back(
        "the pod belongs to root: files of root in writable binds stay writable, and the kernel does not "
        "count root's processes but in a control group; run as an ordinary user");
  for (const std::uint16_t port : plan.spec.published)
    plan.weaknesses.push_back("reachable from the host's loopback: port " + std::to_string(port));
  for (const auto& mount : plan.mounts)
    if (mount.kind == PodMount::Kind::writable)
      plan.weaknesses.push_back("written straight to the host: " + mount.source);
    else if (mount.kind == PodMount::Kind::direct)
      plan.weaknesses.push_back("written straight to the host, but for held files: " + mount.source);
  for (const auto& mount : plan.mounts) {
    const bool overlay = mount.kind == PodMount::Kind::overlay;
    const std::string name = overlay ? foreign_entry(plan, mount.source) : std::string();
    if (!name.empty())
      plan.notes.push_back("files of another owner or group than yours, such as " + printable(name, 200) +
                           ", cannot be changed in the pod (EOVERFLOW); chgrp helps where only the group is "
                           "another");
  }
}

}  // namespace

std::string_view name(Level level) {
  constexpr std::string_view kNames[] = {"L0", "L1", "L2", "L3"};
  return kNames[static_cast<int>(level)];
}

Result<Level> level_from(std::string_view text) {
  for (const Level level : {Level::L0, Level::L1, Level::L2, Level::L3})
    if (text == name(level)) return level;
  return fail("no such level", printable(text, 40), "L3, L2, L1 or L0");
}

const PodMount* direct_workspace(const PodPlan& plan) {
  const auto found = std::ranges::find(plan.mounts, PodMount::Kind::direct, &PodMount::kind);
  return found == plan.mounts.end() ? nullptr : &*found;
}

Result<PodPlan> plan_pod(const PodSpec& spec) {
  TRY_STATUS(check_program(spec));
  TRY_STATUS(check_places(spec));
  TRY_STATUS(check_listeners(spec));
  TRY_STATUS(check_published(spec));
  PodPlan plan;
  plan.spec = spec;
  plan.uid = ::geteuid();
  plan.gid = ::getegid();
  std::vector<std::string> keep_out;
  for (const auto& dir : spec.keep_out)
    keep_out.push_back(os::resolve_path(dir));
  for (const auto& mount : spec.mounts) {
    TRY(PodMount ready, resolved(keep_out, mount));
    plan.mounts.push_back(std::move(ready));
  }
  for (const auto& door : spec.doors) {
    TRY(PodDoor ready, resolved(door));
    plan.doors.push_back(std::move(ready));
  }
  std::stable_sort(plan.mounts.begin(), plan.mounts.end(),
                   [](const auto& a, const auto& b) { return depth(a.at) < depth(b.at); });
  TRY_STATUS(check_cwd(plan));
  TRY_STATUS(check_direct(plan));
  note_weaknesses(plan);
  return plan;
}

}  // namespace weir::pod
