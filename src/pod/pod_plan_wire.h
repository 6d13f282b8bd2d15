// What the first process of a pod is told when it has waited for its plan (base/wire.h). Inside the room
// only.
#pragma once

#include "pod/pod_filter.h"
#include "pod/pod_probes.h"

namespace weir::pod {

struct PodBegin {
  PodPlan plan;      // but for its spec's mounts and doors, which stand resolved in the plan, and its notes
  PodCanary canary;  // without its sockets
  Result<std::vector<BpfInstruction>> filter = fail("none");  // of the Error only the message
};

std::string encode(const PodPlan& plan, const PodCanary& canary,
                   const Result<std::vector<BpfInstruction>>& filter);
// Error `corrupt` for what encode() does not make.
Result<PodBegin> decode_begin(std::string_view bytes);

}  // namespace weir::pod
