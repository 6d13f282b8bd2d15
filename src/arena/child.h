// A child process that one talks with in lines; it never outlives its owner.
//
//   TRY(Child agent, Child::start({.argv = {program, "demo", "--agent", file}, .env = env, .log_file =
//   log})); TRY(std::string line, agent.read_line(30'000)); TRY_STATUS(agent.write_line("go")); TRY(int code,
//   agent.wait(5'000));
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::arena {

struct ChildStart {
  std::vector<std::string> argv;  // argv[0] is an absolute path
  std::map<std::string, std::string> env;
  std::string cwd;
  std::string log_file;  // gets its standard error
};

class Child {
 public:
  // The kernel kills it when the thread that started it ends (PR_SET_PDEATHSIG).
  static Result<Child> start(const ChildStart& start);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) = delete;
  ~Child();  // kills and reaps it

  // The next line without its end. Errors: `unavailable` when it has ended or time is up.
  Result<std::string> read_line(int timeout_ms);
  Status write_line(std::string_view line);
  void terminate();                  // SIGTERM
  bool running();                    // reaps it when it has ended
  Result<int> wait(int timeout_ms);  // exit code, or 128 + signal; `unavailable` when time is up

 private:
  Child() = default;
  pid_t pid_ = -1;
  int code_ = -1;
  os::Fd in_;
  os::Fd out_;
  std::string buffer_;
};

}  // namespace weir::arena
