// Pod profiles by name, for every command that starts a pod: a person's own in <config>/pods/, then those
// that ship (content/pods/).
#pragma once

#include <string>

#include "os/xdg.h"
#include "pod/profile.h"

namespace weir::cli {

// With what it extends merged in. Errors: `not_found` naming the profiles there are, those of parse_profile.
Result<pod::PodProfile> load_pod_profile(const std::string& name, const os::Places& places);

}  // namespace weir::cli
