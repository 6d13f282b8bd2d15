#include "pod/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "os/files.h"

namespace weir::pod {
namespace {

bool is_program(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

// As execvp would, but by the PATH that the child will have, and from its working directory.
Result<std::string> find_program(const LaunchOptions& options) {
  const std::string& name = options.argv[0];
  const auto missing = [&] {
    return fail(ErrorCode::not_found, "no such program", name, "install it or correct PATH");
  };
  if (name.empty()) return missing();
  const auto rooted = [&](const std::string& path) {
    return path.starts_with('/') ? path : options.cwd + "/" + path;
  };
  if (name.find('/') != std::string::npos) {
    if (is_program(rooted(name))) return rooted(name);
    return missing();
  }
  const auto path = options.env.find("PATH");
  const std::string dirs = path != options.env.end() ? path->second : "/usr/local/bin:/usr/bin:/bin";
  for (const auto dir : split(dirs, ':')) {
    std::string candidate = rooted(dir.empty() ? name : std::string(dir) + "/" + name);
    if (is_program(candidate)) return candidate;
  }
  return missing();
}

// A directory as standard input would be a way around every mount: openat() on it sees the files as they are
// outside of the shield.
Status check_standard_descriptors() {
  for (const int fd : {0, 1, 2}) {
    struct stat status;
    if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
      return fail("a standard descriptor is a directory", "descriptor " + std::to_string(fd),
                  "redirect it from a file or /dev/null");
  }
  return {};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts)
    list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// exec resets handlers by itself. What the supervisor ignores or blocks for its own sake is undone here; what
// its caller ignored (nohup) stays ignored.
void reset_signals() {
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Closes everything but 0, 1, 2 and the pipe to the supervisor, which exec closes.
void close_descriptors(int keep) {
  const auto close_range = [](unsigned first, unsigned last) {
    if (first <= last) ::syscall(SYS_close_range, first, last, 0);
  };
  close_range(3, static_cast<unsigned>(keep) - 1);
  close_range(static_cast<unsigned>(keep) + 1, ~0U);
}

}  // namespace

Result<ChildPlan> plan_child(const LaunchOptions& options, GroupMode group) {
  if (options.argv.empty()) return fail("no program to run", "argv", "name one after --");
  struct stat status;
  if (!options.cwd.starts_with('/') || ::stat(options.cwd.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return fail(ErrorCode::not_found, "the working directory does not exist", options.cwd);
  TRY_STATUS(check_standard_descriptors());
  ChildPlan plan;
  TRY(plan.program, find_program(options));
  plan.argv = options.argv;
  for (const auto& [name, value] : options.env)
    plan.env.push_back(name + "=" + value);
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
  const auto argv = pointers(plan.argv);
  const auto env = pointers(plan.env);
  ::execve(plan.program.c_str(), argv.data(), env.data());
  int error = errno;
  if (error == ENOEXEC) {  // a script without "#!": as execvp, by the shell
    std::vector<std::string> shell = {"sh", plan.program};
    shell.insert(shell.end(), plan.argv.begin() + 1, plan.argv.end());
    ::execve("/bin/sh", pointers(shell).data(), env.data());
    error = errno;
  }
  pipe.send_exec_error(error);
  ::_exit(127);
}

}  // namespace weir::pod
