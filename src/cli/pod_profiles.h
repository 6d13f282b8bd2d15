// Pod profiles by name, for every command that starts a pod: a person's own in <config>/pods/, then those
// that ship (content/pods/).
#pragma once

#include <string>

#include "os/xdg.h"
#include "pod/profile.h"

namespace weir::cli {

// One or several joined ("node,python"), with what they extend merged in; "auto": generic and those that fit
// the workspace (pod/profile_detect.h). Errors: `not_found` naming the profiles there are, those of
// parse_profile.
Result<pod::PodProfile> load_pod_profiles(const std::string& names, const std::string& workspace,
                                          const os::Places& places);

}  // namespace weir::cli
