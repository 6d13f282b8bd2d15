// The options of `weir pod exec`, `shell` and `batch`, and what they make of a command: a pod ready to be
// launched (pod_start.h).
#pragma once

#include "cli/pod_start.h"

namespace weir::cli {

std::vector<Option> pod_options();

// What one task of a batch asks for beside the options: a profile in place of --profile, more --limits.
struct PodWish {
  std::string profile;
  std::string limits;
  std::vector<std::string> show;        // more of the host, read-only
  pod::Watch watch = pod::Watch::none;  // else the pod is supervised, and has a way out that lets nothing out
                                        // unless --allow says so
};

// Errors: what is wrong with the options, or of ready_pod().
Result<ReadyPod> prepare_pod(const Args& args, const Context& context, std::vector<std::string> argv,
                             const PodFinds& find, const std::vector<std::uint16_t>& published,
                             const PodWish& wish = {});

}  // namespace weir::cli
