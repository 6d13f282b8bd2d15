// The inside of a pod between clone3 and exec: its first process, which builds the pod, starts the program
// and reaps what is left behind; and the program's own last steps. Inside the room only.
#pragma once

#include "pod/control_group.h"
#include "pod/pod_channel.h"
#include "pod/pod_plan_wire.h"
#include "pod/terminal.h"

namespace weir::pod {

// Made before clone3; the child has its copy. What is in `begin` and the filter come later, by the channel.
struct PodStart {
  PodChannel& channel;
  const ControlGroup& group;
  GroupMode mode = GroupMode::own;
  uid_t uid = 0;  // outside, where there was one still
  gid_t gid = 0;
  Launcher launcher = Launcher::own;
  PodBegin begin = {};
  PodFilter filter = {};
  PodFilter notifying = {};  // of a supervised pod
  os::Fd inbound = {};       // at which sockets are asked for (pod/inbound.h), where a port is published
};

// Process 1 of the new namespaces. Not dumpable, without capabilities; ends, and with it all of the pod, when
// the program has ended or the supervisor is gone.
[[noreturn]] void become_pod_init(PodStart& start);

}  // namespace weir::pod
