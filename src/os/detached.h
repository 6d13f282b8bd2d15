// Starts a program that lives on by itself: own session, no terminal, no pipes of ours, not our child.
//
//   TRY(pid_t pid, os::spawn_detached({.argv = {"/usr/bin/weir", "daemon"}, .env = env, .cwd = "/",
//                                      .log_file = state + "/daemon.log"}));
//
// Standard input is /dev/null, output and errors are appended to the log file (0600). Every other descriptor
// of ours is closed in it. It becomes a child of init, or of the nearest subreaper above us.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::os {

struct DetachedOptions {
  std::vector<std::string> argv;  // argv[0] is an absolute path
  std::map<std::string, std::string> env;
  std::string cwd = "/";
  std::string log_file;  // absolute; its directory exists
};

// Returns the pid once the program has been executed. Errors: not_found, denied, internal.
Result<pid_t> spawn_detached(const DetachedOptions& options);

}  // namespace weir::os
