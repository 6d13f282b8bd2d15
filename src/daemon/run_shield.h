// What the light shield of `weir run` protects: Weir's own files and sockets, the hook's program, the agents'
// settings, and the doors that lead outside.
//
//   options.shield = daemon::run_shield({.places = places, .cwd = cwd, .env = env, …});
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "os/xdg.h"
#include "pod/shield.h"

namespace weir::daemon {

struct RunShield {
  os::Places places;
  std::string cwd;  // absolute: settings of the project lie below it
  std::map<std::string, std::string> env;
  uid_t uid = 0;
  std::string program;                      // weir itself
  std::string hook;                         // weir-hook
  std::vector<std::string> read_only_more;  // the settings file of this run
};

// Settings files that do not exist are left out: this run's own hooks do not depend on them, and an agent
// that writes one ("always allow") must not be ended for it.
pod::ShieldSpec run_shield(const RunShield& run);

// Does a breach (a sentence of pod::ShieldWatch) concern what this run's hooks rest on? A settings file that
// a person's editor replaced does not: the run's own settings go before it.
bool breach_is_fatal(const std::string& breach, const RunShield& run);

}  // namespace weir::daemon
