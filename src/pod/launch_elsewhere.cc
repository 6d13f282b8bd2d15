#include "pod/launch_elsewhere.h"

#include <algorithm>

#include "base/bytes.h"
#include "pod/bwrap_place.h"
#include "pod/landlock.h"
#include "pod/mountinfo.h"
#include "pod/namespaces_here.h"
#include "pod/pod_landlock.h"
#include "pod/runsc_bundle.h"

namespace weir::pod {
namespace {

// What a launcher can reach at most: the probes have the last word.
Level best_level(Launcher launcher) {
  if (launcher == Launcher::runsc) return Level::L2;  // its kernel has no Landlock
  return launcher == Launcher::landlock ? Level::L1 : Level::L3;
}

bool is_enough(Launcher launcher, const PodSpec& spec) {
  return spec.accept_level || spec.level <= best_level(launcher);
}

Status can_have_features(Launcher launcher, const PodPlan& plan) {
  const std::string by = "the launcher " + std::string(name(launcher));
  const auto refuse = [&](const char* what) -> Status {
    return fail(by + " cannot do this: " + what, "--launcher " + std::string(name(launcher)),
                "leave it out, or use a host on which Weir may make namespaces itself (`weir doctor`)");
  };
  const PodSpec& spec = plan.spec;
  if (spec.network == PodNetwork::egress || !spec.listeners.empty())
    return refuse(
        "a way out needs a network namespace of Weir's own (--allow, --inspect, --credential, an "
        "agent's model)");
  if (!spec.published.empty()) return refuse("a port is published out of a network namespace of Weir's own");
  if (direct_workspace(plan) != nullptr)
    return refuse("a workspace is written directly in a pod of Weir's own (--direct)");
  if (spec.supervised) return refuse("supervision needs a pod of Weir's own");
  if (launcher == Launcher::runsc && !plan.doors.empty())
    return refuse("an agent's door is not tried with it");
  if (launcher == Launcher::landlock && !plan.doors.empty())
    return refuse("no socket can be connected to, that of the guard included");
  const bool has_state = std::any_of(plan.mounts.begin(), plan.mounts.end(),
                                     [](const PodMount& mount) { return mount.kind == PodMount::Kind::own; });
  if (launcher == Launcher::landlock && has_state) return refuse("an agent's state needs a place of its own");
  return {};
}

bool holds(const PodMount& outer, const std::string& path) {
  return is_within(path, outer.at);
}

}  // namespace

Result<PodMount> workspace_of(const PodPlan& plan) {
  const PodMount* found = nullptr;
  std::size_t count = 0;
  for (const auto& mount : plan.mounts)
    if (mount.kind == PodMount::Kind::overlay) {
      found = &mount;
      ++count;
    }
  if (count != 1) return fail("this launcher needs one workspace", "mounts");
  return *found;
}

Status can_launch(Launcher launcher, const PodPlan& plan) {
  TRY_STATUS(can_have_features(launcher, plan));
  TRY_STATUS(workspace_of(plan));
  if (plan.spec.launcher == launcher && !is_enough(launcher, plan.spec)) {
    const std::string level(name(best_level(launcher)));
    return fail(
        ErrorCode::unavailable,
        "this launcher reaches level " + level + ", " + std::string(name(plan.spec.level)) + " was asked for",
        "--launcher " + std::string(name(launcher)), "add --level " + level);
  }
  if (launcher == Launcher::bwrap) {
    TRY_STATUS(find_bwrap());
    TRY_STATUS(inside_program());
    return {};
  }
  if (launcher == Launcher::runsc) {
    TRY_STATUS(find_runsc());
    TRY_STATUS(inside_program());
    return {};
  }
  const int abi = landlock_abi();
  // Without it nothing is kept from the program but by the filter: only for who has asked for exactly that.
  if (abi < kLandlockAbiAlone && plan.spec.level != Level::L0)
    return fail(ErrorCode::unavailable,
                abi == 0 ? "this kernel has no Landlock, or it is switched off"
                         : "this kernel has Landlock ABI " + std::to_string(abi) + ", 3 is needed",
                "--launcher landlock", "Linux 6.2 or later with landlock among its security modules (lsm=)");
  return {};
}

Result<Launcher> other_launcher(const PodPlan& plan, const Error& why) {
  const std::string reason = namespaces_trouble(why);
  std::string others;
  for (const Launcher launcher : {Launcher::bwrap, Launcher::landlock}) {
    const Status can = can_launch(launcher, plan);
    const std::string title(name(launcher));
    if (!can) {
      others += (others.empty() ? "" : "; ") + title + ": " + can.error().what;
    } else if (is_enough(launcher, plan.spec)) {
      return launcher;
    } else {
      const std::string level(name(best_level(launcher)));
      return fail(ErrorCode::unavailable,
                  "this host lets Weir make no namespaces (" + reason + "); it reaches level " + level +
                      ", " + std::string(name(plan.spec.level)) + " was asked for",
                  "pod",
                  "take what there is with --level " + level +
                      " or --accept-level; for more: " + namespaces_remedy());
    }
  }
  return fail(
      ErrorCode::unavailable,
      "this host lets Weir make no namespaces (" + reason + "), and no other launcher will do: " + others,
      "pod", namespaces_remedy());
}

bool is_overlay_missing(const Error& error) {
  return error.code == ErrorCode::unavailable && error.what.starts_with("cannot mount overlay");
}

PodPlan copied_plan(Launcher launcher, const PodPlan& plan, const WorkingCopy& copy) {
  PodPlan copied = plan;
  copied.launcher = launcher;
  for (auto& mount : copied.mounts)
    if (mount.kind == PodMount::Kind::overlay)
      mount = {.kind = PodMount::Kind::own, .at = mount.at, .source = copy.workspace()};
  PodLimits& limits = copied.spec.limits;
  if (limits.disk_bytes > 0) limits.disk_bytes += copy.disk_bytes();
  return copied;
}

namespace {

// No root of the pod's own has its links: what is called by one is called where it lies, and of PATH the
// directories of links are those that they lead to.
void call_where_it_lies(PodSpec& spec) {
  if (spec.argv.empty()) return;
  std::string& program = spec.argv[0];
  const std::string end = "/" + program;
  for (const auto& link : spec.links)
    if (link.at == program || (!program.contains('/') && link.at.ends_with(end))) {
      program = link.target;
      break;
    }
  const auto path = spec.env.find("PATH");
  if (path == spec.env.end()) return;
  const auto directory = [](const std::string& of) { return of.substr(0, of.rfind('/')); };
  std::vector<std::string> dirs;
  const auto add = [&](const std::string& dir) {
    if (std::ranges::find(dirs, dir) == dirs.end()) dirs.push_back(dir);
  };
  for (const auto dir : split(path->second, ':')) {
    const auto before = dirs.size();
    for (const auto& link : spec.links)
      if (directory(link.at) == dir && link.target.starts_with('/')) add(directory(link.target));
    if (dirs.size() == before) add(std::string(dir));
  }
  path->second.clear();
  for (const auto& dir : dirs)
    path->second += (path->second.empty() ? "" : ":") + dir;
}

}  // namespace

PodPlan landlock_plan(const PodPlan& plan, const WorkingCopy& copy) {
  using Kind = PodMount::Kind;
  PodPlan alone = plan;
  alone.launcher = Launcher::landlock;
  alone.mounts.clear();
  PodSpec& spec = alone.spec;
  spec.network = PodNetwork::none;
  const auto own = [&](const std::string& path) {
    alone.mounts.push_back({.kind = Kind::own, .at = path, .source = path});
  };
  for (const auto& mount : plan.mounts) {
    if (mount.kind == Kind::overlay) {
      own(copy.workspace());
      alone.mounts.push_back({.kind = Kind::read_only, .at = mount.source, .source = mount.source});
      if (holds(mount, plan.spec.cwd)) spec.cwd = copy.workspace() + plan.spec.cwd.substr(mount.at.size());
    } else if (mount.kind != Kind::tmpfs) {
      alone.mounts.push_back({.kind = mount.kind, .at = mount.source, .source = mount.source});
    }
  }
  call_where_it_lies(spec);
  own(copy.home());
  own(copy.tmp());
  spec.env["HOME"] = copy.home();
  spec.env["TMPDIR"] = copy.tmp();
  spec.env["PWD"] = spec.cwd;
  // The machine's settings are there and closed, which git takes for an error.
  spec.env.try_emplace("GIT_CONFIG_NOSYSTEM", "1");
  if (spec.limits.disk_bytes > 0) spec.limits.disk_bytes += copy.disk_bytes();
  alone.weaknesses.emplace_back(
      "no namespaces: names of files and permissions, times and attributes of this "
      "user's files are not kept from the command, only contents are");
  return alone;
}

}  // namespace weir::pod
