#include "os/detached.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "os/fd.h"
#include "os/files.h"

namespace weir::os {
namespace {

// What the two forks tell us: the grandchild's pid, then its errno when it could not execute.
struct Told {
  pid_t pid = 0;
  int error_number = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> list;
  for (const auto& word : words)
    list.push_back(const_cast<char*>(word.c_str()));
  list.push_back(nullptr);
  return list;
}

// In the grandchild; between fork and exec only what is safe there.
[[noreturn]] void become(char* const* argv, char* const* env, const char* cwd, int null_fd, int log_fd,
                         int tell_fd) {
  Told told{::getpid(), 0};
  struct sigaction plain{};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal)
    ::sigaction(signal, &plain, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(077);
  // The descriptor that tells goes to 3, which exec closes; everything above is closed now.
  if (::dup2(null_fd, 0) < 0 || ::dup2(log_fd, 1) < 0 || ::dup2(log_fd, 2) < 0 || ::chdir(cwd) != 0 ||
      (tell_fd != 3 && ::dup2(tell_fd, 3) < 0) || ::fcntl(3, F_SETFD, FD_CLOEXEC) != 0)
    ::_exit(127);
  ::close_range(4, ~0U, 0);
  (void)!::write(3, &told, sizeof told);
  ::execve(argv[0], argv, env);
  told.error_number = errno;
  (void)!::write(3, &told, sizeof told);
  ::_exit(127);
}

}  // namespace

Result<pid_t> spawn_detached(const DetachedOptions& options) {
  Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Fd log(::open(options.log_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log) return std::unexpected(errno_error("cannot open the log file", options.log_file, errno));
  int ends[2];
  if (!null || ::pipe2(ends, O_CLOEXEC) != 0)
    return std::unexpected(errno_error("cannot prepare a process", options.argv[0], errno));
  Fd hear(ends[0]);
  Fd tell(ends[1]);
  std::vector<std::string> settings;
  for (const auto& [key, value] : options.env)
    settings.push_back(key + "=" + value);
  const auto argv = pointers(options.argv);
  const auto env = pointers(settings);
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(errno_error("cannot start a process", options.argv[0], errno));
  if (child == 0) {
    ::setsid();
    // A session leader could get a terminal by opening one; its child cannot.
    if (::fork() == 0)
      become(argv.data(), env.data(), options.cwd.c_str(), null.get(), log.get(), tell.get());
    ::_exit(0);
  }
  tell.reset();
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  Told told;
  Told last;
  while (::read(hear.get(), &last, sizeof last) == sizeof last)
    told = last;
  if (told.pid == 0)
    return fail(ErrorCode::internal, "the program could not be started in the background", options.argv[0]);
  if (told.error_number != 0)
    return std::unexpected(errno_error("cannot run the program", options.argv[0], told.error_number));
  return told.pid;
}

}  // namespace weir::os
