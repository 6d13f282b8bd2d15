#include "pod/program.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/bytes.h"
#include "os/files.h"

namespace weir::pod {
namespace {

enum class There { nothing, directory, not_executable, program };

There what_is_at(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return There::nothing;
  if (S_ISDIR(status.st_mode)) return There::directory;
  return S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0 ? There::program
                                                                      : There::not_executable;
}

std::unexpected<Error> no_program(There there, const std::string& name) {
  const std::string shown = printable(name, 400);
  if (there == There::directory)
    return fail(ErrorCode::invalid, "this is a directory, not a program", shown, "name a program");
  if (there == There::not_executable)
    return fail(ErrorCode::denied, "this file is not executable", shown,
                "chmod +x it, or name what reads it: sh " + shown);
  return fail(ErrorCode::not_found, "no such program", shown,
              name.contains('/') ? "correct the path" : "install it or correct PATH");
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts)
    list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Result<std::vector<std::string>> find_programs(const std::string& name,
                                               const std::map<std::string, std::string>& env,
                                               const std::string& cwd) {
  if (name.empty()) return no_program(There::nothing, name);
  const auto rooted = [&](const std::string& path) {
    return path.starts_with('/') ? path : cwd + "/" + path;
  };
  if (name.find('/') != std::string::npos) {
    const There there = what_is_at(rooted(name));
    if (there == There::program) return std::vector{rooted(name)};
    return no_program(there, name);
  }
  const auto path = env.find("PATH");
  const std::string dirs = path != env.end() ? path->second : "/usr/local/bin:/usr/bin:/bin";
  std::vector<std::string> found;
  std::string closed;  // the first of that name which cannot be executed
  for (const auto dir : split(dirs, ':')) {
    std::string candidate = rooted(dir.empty() ? name : std::string(dir) + "/" + name);
    const There there = what_is_at(candidate);
    if (there == There::not_executable && closed.empty()) closed = candidate;
    if (there == There::program) found.push_back(std::move(candidate));
  }
  if (!found.empty()) return found;
  return closed.empty() ? no_program(There::nothing, name) : no_program(There::not_executable, closed);
}

Result<std::string> find_program(const std::string& name, const std::map<std::string, std::string>& env,
                                 const std::string& cwd) {
  TRY(auto found, find_programs(name, env, cwd));
  return std::move(found.front());
}

Status check_standard_descriptors() {
  for (const int fd : {0, 1, 2}) {
    struct stat status;
    if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
      return fail("a standard descriptor is a directory", "descriptor " + std::to_string(fd),
                  "redirect it from a file or /dev/null");
  }
  return {};
}

void reset_signals() {
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_descriptors(int keep) {
  const auto close_range = [](unsigned first, unsigned last) {
    if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0) return;
    // A kernel, or a container's filter, that does not know the call.
    const auto open = os::list_dir("/proc/self/fd");
    for (const auto& name : open) {
      unsigned fd = 0;
      std::from_chars(name.data(), name.data() + name.size(), fd);
      if (fd >= first && fd <= last) ::close(static_cast<int>(fd));
    }
    const auto open_max = static_cast<unsigned>(::sysconf(_SC_OPEN_MAX));
    for (unsigned fd = first; open.empty() && fd <= last && fd < open_max; ++fd)
      ::close(static_cast<int>(fd));
  };
  close_range(3, static_cast<unsigned>(keep) - 1);
  close_range(static_cast<unsigned>(keep) + 1, ~0U);
}

int execute(const std::string& program, std::vector<std::string> argv,
            const std::map<std::string, std::string>& env) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : env)
    variables.push_back(name + "=" + value);
  const auto environment = pointers(variables);
  ::execve(program.c_str(), pointers(argv).data(), environment.data());
  if (errno != ENOEXEC) return errno;
  std::vector<std::string> shell = {"sh", program};
  shell.insert(shell.end(), argv.begin() + 1, argv.end());
  ::execve("/bin/sh", pointers(shell).data(), environment.data());
  return errno;
}

int execute(const std::vector<std::string>& programs, const std::vector<std::string>& argv,
            const std::map<std::string, std::string>& env) {
  int failed = ENOENT;
  for (const auto& program : programs) {
    failed = execute(program, argv, env);
    if (failed != EACCES) break;
  }
  return failed;
}

}  // namespace weir::pod
