// The settings of a planner, ~/.config/weir/flow/planner.yaml (docs/formats/planner.md):
//
//   command: [/usr/local/bin/my-planner, --model, small]   # the program, absolute, and its arguments
//   timeout_ms: 5000                                       # 100 to 30000
//   env: [MY_API_KEY]                                      # beside PATH, HOME and LANG
//
// Without the file there is no planner. A mistake in it leaves the planner off; it never keeps the daemon
// from starting, because without a planner only more is asked of the user.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::daemon {

inline constexpr std::string_view kPlannerFile = "planner.yaml";  // in <config>/flow; no file of products

struct PlannerSettings {
  std::vector<std::string> command;
  int timeout_ms = 5000;
  std::vector<std::string> env;

  // A file that the command names, as it was when the settings were read.
  struct Pin {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;  // st_ctime: nobody but root can set it back
    bool operator==(const Pin&) const = default;
  };
  std::vector<Pin> pins;
};

std::string planner_file(const std::string& config_dir);

// From text alone; no pins. Errors: invalid, naming the member.
Result<PlannerSettings> parse_planner_settings(std::string_view yaml, std::string_view where);

// None when there is no file. Errors: what is wrong with it or with the program; `denied` when others may
// write to either.
Result<std::optional<PlannerSettings>> read_planner_settings(const std::string& config_dir);

// The files that the command names are those that were there when the settings were read: an agent that has
// got hold of one does not become the planner. Errors: denied.
Status check_pins(const PlannerSettings& settings);

}  // namespace weir::daemon
