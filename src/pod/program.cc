#include "pod/program.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"

namespace weir::pod {
namespace {

bool is_program(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts)
    list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::map<std::string, std::string>& env,
                                 const std::string& cwd) {
  const auto missing = [&] {
    return fail(ErrorCode::not_found, "no such program", name, "install it or correct PATH");
  };
  if (name.empty()) return missing();
  const auto rooted = [&](const std::string& path) {
    return path.starts_with('/') ? path : cwd + "/" + path;
  };
  if (name.find('/') != std::string::npos) {
    if (is_program(rooted(name))) return rooted(name);
    return missing();
  }
  const auto path = env.find("PATH");
  const std::string dirs = path != env.end() ? path->second : "/usr/local/bin:/usr/bin:/bin";
  for (const auto dir : split(dirs, ':')) {
    std::string candidate = rooted(dir.empty() ? name : std::string(dir) + "/" + name);
    if (is_program(candidate)) return candidate;
  }
  return missing();
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
    if (first <= last) ::syscall(SYS_close_range, first, last, 0);
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

}  // namespace weir::pod
