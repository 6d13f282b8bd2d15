// What the first process of a pod is told when it has waited for its plan (base/wire.h). Inside the room
// only.
#pragma once

#include "pod/control_group.h"
#include "pod/pod_filter.h"
#include "pod/pod_probes.h"

namespace weir::pod {

struct PodBegin {
  PodPlan plan;      // but for its spec's mounts and doors, which stand resolved in the plan, and its notes
  PodCanary canary;  // without its sockets
  GroupKept kept;    // limits that it need not look at
};

std::string encode(const PodPlan& plan, const PodCanary& canary, const GroupKept& kept);
// Error `corrupt` for what encode() does not make.
Result<PodBegin> decode_begin(std::string_view bytes);

// The filter comes after the plan: it is generated while the pod's root is being built.
using PodFilter = Result<std::vector<BpfInstruction>>;
std::string encode(const PodFilter& filter);
// Of an Error only the message is left.
PodFilter decode_filter(std::string_view bytes);

}  // namespace weir::pod
