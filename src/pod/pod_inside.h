// Weir as the first process of a pod whose namespaces another launcher has made (bwrap_place.h): no command,
// but how that launcher starts it.
//
//   if (argc == 4 && argv[1] == kPodInsideArgument) return run_pod_inside(argv[2], argv[3]);
#pragma once

#include <string_view>

namespace weir::pod {

inline constexpr std::string_view kPodInsideArgument = "--internal-pod-inside";

// `channel`: the number of the inherited inner end of the pod's channel; `mode`: as group_word() writes it.
// Returns only when these are no such words.
int run_pod_inside(std::string_view channel, std::string_view mode);

}  // namespace weir::pod
