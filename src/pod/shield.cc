#include "pod/shield.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/files.h"
#include "pod/landlock.h"
#include "pod/namespaces.h"
#include "pod/report_pipe.h"
#include "pod/shield_mounts.h"
#include "pod/shield_probes.h"

namespace weir::pod {
namespace {

ShieldStep not_applied(std::string name, std::string why) {
  return {std::move(name), false, false, std::move(why)};
}

void add_scope_steps(ShieldReport& report, const ShieldPlan& plan, const Canary& canary) {
  if (!plan.spec.landlock_scopes) return;
  if (const auto entered = enter_landlock_scope(); !entered) {
    report.steps.push_back(not_applied("signals", entered.error().message()));
    report.steps.push_back(not_applied("abstract_sockets", entered.error().message()));
    return;
  }
  report.steps.push_back(probe_signals(canary));
  report.steps.push_back(probe_abstract_sockets(canary));
}

void add_filter_steps(ShieldReport& report, const ShieldPlan& plan, const Canary& canary) {
  if (plan.spec.syscall_filter == SyscallFilter::none) return;
  if (const auto loaded = load_syscall_filter(plan.spec.syscall_filter); !loaded) {
    report.steps.push_back(not_applied("terminal_input", loaded.error().message()));
    report.steps.push_back(not_applied("foreign_limits", loaded.error().message()));
    return;
  }
  report.steps.push_back(probe_terminal_input());
  report.steps.push_back(probe_foreign_limits(canary));
}

void add_mount_steps(ShieldReport& report, const ShieldPlan& plan, const Canary& canary,
                     const MountsMade& made) {
  report.steps.push_back(probe_hidden(plan, canary));
  report.steps.push_back(probe_kept(plan));
  report.steps.push_back(probe_read_only(plan));
  report.steps.push_back(probe_masked(plan));
  report.steps.push_back(probe_pins(plan));
  if (plan.spec.hide_terminals)
    report.steps.push_back(made.terminals_off.empty() ? probe_terminals()
                                                      : not_applied("terminals", made.terminals_off.front()));
  report.steps.push_back(probe_capabilities());
  report.steps.push_back(probe_tracing(canary));
}

}  // namespace

Result<ShieldReport> enter_shield(const ShieldPlan& plan, pid_t outside_pid) {
  const Canary canary = make_canary(plan, outside_pid);
  // A hardened parent hands down "not dumpable", which would make /proc/self, and the id maps, root's.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  TRY_STATUS(enter_user_and_mount_namespace());
  TRY_STATUS(make_mounts_private());
  TRY(const MountsMade made, make_shield_mounts(plan));
  TRY_STATUS(enter_user_and_mount_namespace());  // the nested one: from here on all these mounts are locked
  if (::chdir(plan.cwd.c_str()) != 0)
    return std::unexpected(os::errno_error("cannot enter the working directory", plan.cwd, errno));
  TRY_STATUS(drop_capabilities());
  TRY_STATUS(set_no_new_privileges());

  ShieldReport report;
  report.landlock_abi = landlock_abi();
  report.mount_points = made.points;
  report.weaknesses = plan.weaknesses;
  for (const auto& watched : plan.watched)
    report.weaknesses.push_back(watched.resolved.empty()
                                    ? "not there at the start, so watched and not locked: " + watched.path
                                    : "reached through a link, which is watched and not locked: " +
                                          watched.path);
  add_mount_steps(report, plan, canary, made);
  add_scope_steps(report, plan, canary);
  add_filter_steps(report, plan, canary);
  report.steps.push_back(probe_locked(plan, made.points));
  for (const auto& step : report.steps)
    if (step.applied && !step.verified)
      return fail(ErrorCode::denied, "the shield does not hold: " + step.detail, step.name,
                  "report this with the output of `weir doctor`; --no-shield runs without and is recorded");
  return report;
}

Result<ShieldReport> try_shield(const ShieldPlan& plan) {
  TRY(ReportPipe pipe, ReportPipe::make());
  const pid_t outside = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(os::errno_error("cannot start a process", "fork", errno));
  if (child == 0) {
    pipe.close_parent_end();
    pipe.send(enter_shield(plan, outside));
    ::_exit(0);
  }
  pipe.close_child_end();
  auto report = pipe.receive();
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return report;
}

const ShieldStep* ShieldReport::find(std::string_view name) const {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return step.name == name; });
  return found == steps.end() ? nullptr : &*found;
}

bool ShieldReport::complete() const {
  return !steps.empty() && std::all_of(steps.begin(), steps.end(),
                                       [](const auto& step) { return step.applied && step.verified; });
}

}  // namespace weir::pod
