#include "pod/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/files.h"
#include "pod/program.h"

namespace weir::pod {

Result<ChildPlan> plan_child(const LaunchOptions& options, GroupMode group) {
  if (options.argv.empty()) return fail("no program to run", "argv", "name one after --");
  struct stat status;
  if (!options.cwd.starts_with('/') || ::stat(options.cwd.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return fail(ErrorCode::not_found, "the working directory does not exist", options.cwd);
  TRY_STATUS(check_standard_descriptors());
  ChildPlan plan;
  TRY(plan.program, find_program(options.argv[0], options.env, options.cwd));
  plan.argv = options.argv;
  plan.env = options.env;
  plan.cwd = options.cwd;
  plan.group = group;
  plan.supervisor = ::getpid();
  if (options.shield) {
    TRY(plan.shield, plan_shield(*options.shield, options.cwd));
  }
  return plan;
}

void become_program(ChildPlan& plan, ReportPipe& pipe) {
  if (plan.group != GroupMode::shared) ::setpgid(0, 0);
  pipe.close_parent_end();
  reset_signals();
  close_descriptors(pipe.child_fd());
  if (::chdir(plan.cwd.c_str()) != 0) {
    pipe.send(std::unexpected(os::errno_error("cannot enter the working directory", plan.cwd, errno)));
    ::_exit(127);
  }
  pipe.send(plan.shield ? enter_shield(*plan.shield, plan.supervisor) : Result<ShieldReport>(ShieldReport()));
  if (!pipe.wait_for_go()) ::_exit(127);
  // After every change of credentials, which would clear it: no agent without its supervisor.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != plan.supervisor) ::_exit(127);
  pipe.send_exec_error(execute(plan.program, plan.argv, plan.env));
  ::_exit(127);
}

}  // namespace weir::pod
