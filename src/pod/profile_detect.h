// Which profiles fit a workspace (content/pod_detect.yaml): by names at its top, nothing is opened.
//
//   TRY(const auto profiles, detect_profiles(catalogue, "pod_detect.yaml", os::list_dir(workspace)));
//   // {"node", "python"}
//
// The workspace is a stranger's: what it can bring about is the choice among profiles that ship, which show
// toolchains and no secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::pod {

// In the order of the catalogue. Errors name `where` and the profile.
Result<std::vector<std::string>> detect_profiles(const Json& catalogue, std::string_view where,
                                                 const std::vector<std::string>& names);

}  // namespace weir::pod
