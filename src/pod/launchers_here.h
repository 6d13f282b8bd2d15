// Which launchers (launcher.h) this host has, for people.
#pragma once

#include <string>
#include <vector>

#include "pod/launcher.h"

namespace weir::pod {

struct LauncherHere {
  Launcher launcher = Launcher::own;
  bool available = false;
  std::string detail;  // its version, or why it is not
  std::string used;    // "by default", "where …"
  std::string remedy;  // what would make it available; "" when nothing is to be said
};

// In the order in which they are taken. `own_works`: known from a pod that was tried.
std::vector<LauncherHere> launchers_here(bool own_works);

}  // namespace weir::pod
