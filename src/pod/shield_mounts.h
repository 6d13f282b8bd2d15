// The mounts of a ShieldPlan, made in a user and mount namespace of our own. Inside the room only.
#pragma once

#include "pod/shield.h"

namespace weir::pod {

struct MountsMade {
  std::vector<std::string> points;         // in the order they were made
  std::vector<std::string> terminals_off;  // why other terminals are still visible; empty when they are not
};

// Errors name the path. After an Error the namespace is half made and the process must end.
Result<MountsMade> make_shield_mounts(const ShieldPlan& plan);

}  // namespace weir::pod
