// The inside of a pod between clone3 and exec: its first process, which builds the pod, starts the program
// and reaps what is left behind; and the program's own last steps. Inside the room only.
#pragma once

#include "pod/pod_channel.h"
#include "pod/pod_filter.h"
#include "pod/pod_probes.h"
#include "pod/terminal.h"

namespace weir::pod {

// Made before clone3; the child has its copy. The filter comes later, by the channel: it is generated while
// the root is being built.
struct PodStart {
  PodPlan plan;
  PodCanary canary;
  PodChannel channel;
  GroupMode group = GroupMode::own;
};

// Process 1 of the new namespaces. Not dumpable, without capabilities; ends, and with it all of the pod, when
// the program has ended or the supervisor is gone.
[[noreturn]] void become_pod_init(PodStart& start);

}  // namespace weir::pod
