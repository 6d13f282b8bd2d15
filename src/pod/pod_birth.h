// The first process of a pod, from the moment its namespaces are asked for. The kernel takes nearly as long
// to make them as a command line takes to find out what goes into the pod; so both happen at once: the
// process is made first, prepares what every pod has, and then waits to be told its plan. Inside the room
// only; callers see PodBirth of pod/pod_launch.h.
#pragma once

#include <optional>

#include "os/fd.h"
#include "pod/control_group.h"
#include "pod/pod_channel.h"
#include "pod/pod_spec.h"
#include "pod/signal_source.h"
#include "pod/subreaper.h"
#include "pod/terminal.h"
#include "pod/tree.h"

namespace weir::pod {

// The first process of the pod; killed and waited for when this goes, whatever happened.
class FirstProcess {
 public:
  FirstProcess() = default;
  ~FirstProcess() { end(); }
  FirstProcess(const FirstProcess&) = delete;
  FirstProcess& operator=(const FirstProcess&) = delete;

  void set(pid_t pid) { pid_ = pid; }
  // Without a pid namespace: all that descend from this process and are not `apart` end with it.
  void set(pid_t pid, std::vector<pid_t> apart);
  pid_t pid() const { return pid_; }
  // The first process of the pod where another program, a child of ours, has made it: known once it speaks.
  void find_inner();
  pid_t inner() const { return inner_ > 0 ? inner_ : pid_; }
  // Returns when no process of the pod is left: the kernel reports the first one's end after all others'.
  void end();

 private:
  pid_t pid_ = -1;
  void end_inner();

  pid_t inner_ = -1;
  os::Fd inner_handle_;  // pidfd_open(2)
  std::optional<std::vector<pid_t>> apart_;
  std::optional<Subreaper> subreaper_;
};

// What a supervisor has of a pod. In this order: the process goes before what it is watched by and counted
// in.
struct Birth {
  Status born = {};  // why there is no process
  Terminal terminal;
  SignalSource signals;
  PodChannel channel;
  ControlGroup group;
  FirstProcess first;

  Birth();
  // In place of the process that was made: one for this plan's launcher.
  Status again(const PodPlan& plan);
};

}  // namespace weir::pod
