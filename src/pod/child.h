// The child between fork and exec. Inside the room only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pod/launch.h"
#include "pod/report_pipe.h"
#include "pod/terminal.h"

namespace weir::pod {

// Everything the child needs, made before fork.
struct ChildPlan {
  std::string program;  // resolved path
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  std::string cwd;
  std::optional<ShieldPlan> shield;
  GroupMode group = GroupMode::own;
  pid_t supervisor = 0;
};

// Looks the program up, checks directory and descriptors, plans the shield.
Result<ChildPlan> plan_child(const LaunchOptions& options, GroupMode group);

// Becomes the program: closes descriptors, enters the shield, reports, waits for "go", execs.
[[noreturn]] void become_program(ChildPlan& plan, ReportPipe& pipe);

}  // namespace weir::pod
