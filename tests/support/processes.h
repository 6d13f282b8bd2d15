// Processes that a test forks, and waiting for what others do.
//
//   const pid_t supervisor = support::in_child([&] { return run(spec) ? 0 : 125; });
//   ASSERT_TRUE(support::until([&] { return os::exists(started); }));
//   ::kill(supervisor, SIGKILL);
//   EXPECT_EQ(support::exit_code(supervisor), -SIGKILL);
//
// What a child finds wrong it says as a text, "" being right: EXPECT_EQ(support::said_by_child(work), "").
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "os/files.h"

namespace weir::support {

// Asks every 10 ms until it holds; false when it does not within `patience_ms`. Generous: a machine under
// load, or a sanitizer, must not make a test fail that waits for what will come.
template <class Test>
bool until(const Test& test, int patience_ms = 10'000) {
  for (int waited_ms = 0; !test(); waited_ms += 10) {
    if (waited_ms >= patience_ms) return false;
    ::usleep(10'000);
  }
  return true;
}

// Starts a child whose exit code is what `work` returns.
template <class Work>
pid_t in_child(const Work& work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  return pid;
}

// Waits for its end: its exit code, or the signal that ended it as a negative number.
inline int exit_code(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 255;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// What `work` answers in a process of its own; that it ended otherwise is said, too.
inline std::string said_by_child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  const pid_t child = in_child([&] {
    const std::string text = work();
    return ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
  });
  ::close(ends[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  const int code = exit_code(child);
  return code == 0 ? said : said + " (the test's own process ended with " + std::to_string(code) + ")";
}

// The ordinary user that a test run by root becomes, in a child; nobody's on a usual machine.
inline constexpr uid_t kSomebody = 1001;
inline bool become_somebody() {
  return ::setgroups(0, nullptr) == 0 && ::setresgid(kSomebody, kSomebody, kSomebody) == 0 &&
         ::setresuid(kSomebody, kSomebody, kSomebody) == 0;
}

// Processes anywhere in this pid namespace whose command line, or another `file` of /proc/PID, holds `word`.
inline std::vector<pid_t> processes_with(const std::string& word, const std::string& file = "cmdline") {
  std::vector<pid_t> found;
  for (const auto& name : os::list_dir("/proc")) {
    if (name[0] < '1' || name[0] > '9') continue;
    const auto text = os::read_file("/proc/" + name + "/" + file, 1 << 16);
    if (text && text->contains(word)) found.push_back(std::stoi(name));
  }
  return found;
}

}  // namespace weir::support
