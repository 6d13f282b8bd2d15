// What `weir doctor` looks at, and the facts about this machine that `weir status` adds to the daemon's own.
//
//   for (const Check& check : examine({.places = places, .env = os::environment(), .cwd = cwd}))
//     print(check.health, check.name, check.detail, check.mend);
//
// Each check is one row: fine, worth knowing (warn), or broken (fail: the command exits with 1). Nothing is
// changed, nothing is started but Weir's own probes. docs/doctor.md lists the checks.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "os/xdg.h"
#include "setup/setup.h"

namespace weir::daemon {

enum class Health { ok, warn, fail };
std::string_view name(Health health);

struct Check {
  std::string name;  // "daemon", "path hook/codex/user"
  Health health = Health::ok;
  std::string detail;
  std::string mend;  // what to do; "" when fine
};
Json to_json(const Check& check);  // {"name","health","detail","mend"}

struct Examination {
  os::Places places;
  std::map<std::string, std::string> env;
  std::string cwd;  // absolute: settings of the project count
};

std::vector<Check> examine(const Examination& what);
// Only the rows about this machine: what the shield of `weir run` can enforce, clock, disk, agents.
std::vector<Check> examine_host(const Examination& what);

// The version of an agent that Weir is tested with in every release ("2.1.330").
std::string_view tested_version(setup::Agent agent);

// [{name, version, tested, program, supported, guarded:[path name]}] of the agents on this machine.
Json agents_here(const Examination& what);
// {"size","root"} of the last signed checkpoint; {"problem"} when there is none that can be believed.
Json ledger_now(const os::Places& places);

}  // namespace weir::daemon
