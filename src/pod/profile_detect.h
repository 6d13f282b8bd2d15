// Which profiles fit a workspace (content/pod_detect.yaml): by names at its top, nothing is opened.
//
//   TRY(const auto profiles, detect_profiles(yaml, "pod_detect.yaml", os::list_dir(workspace)));   //
//   {"node", "python"}
//
// The workspace is a stranger's: what it can bring about is the choice among profiles that ship, which show
// toolchains and no secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::pod {

// In the order of the catalogue. Errors name the line of the catalogue.
Result<std::vector<std::string>> detect_profiles(std::string_view yaml, std::string_view where,
                                                 const std::vector<std::string>& names);

}  // namespace weir::pod
