// A control group for one pod (cgroups(7)): the kernel then counts what all processes of the pod use
// together, memory files and tmpfs included, and refuses what would exceed it. Where no group can be had the
// pod's limits are supervised (pod_limits.h); nothing else is different. Inside the room only.
//
//   ControlGroup group = ControlGroup::make(find_group_place(this_host()));  // cheap where there is none
//   clone3(… CLONE_INTO_CGROUP, group.into());  // v2; in v1 the new process calls group.join() first
//   GroupKept kept = group.limit(limits);       // before anything of the pod's own runs
//   …
//   if (auto why = group.out_of_memory(limits)) …  // at the end, or when group.event() is readable
//   group.remove();                                // all processes have ended
//
// A group is made only where that is nobody else's business: in version 2 inside a unit that systemd has
// delegated to us (`Delegate=yes`, the attribute user.delegate or trusted.delegate of its directory), or,
// where no systemd runs, wherever the kernel's permissions let; in version 1 for root where no systemd runs.
// It lies below or beside the group that we are in, so that whatever binds us binds the pod.
//
// Its name holds the number and the start of the process that made it. Groups whose maker has ended (it was
// killed) are removed by the next pod.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

// What is looked at to find a place; a value so that tests can have other hosts.
struct GroupHost {
  std::string mount = "/sys/fs/cgroup";
  std::string own;  // text of /proc/self/cgroup
  uid_t uid = 0;
  bool systemd = false;  // it runs this machine (sd_booted(3))
};
GroupHost this_host();

struct GroupPlace {
  enum class Kind { none, v1, v2 };
  Kind kind = Kind::none;
  // Directories in which a pod's group is made. v2: the same for both.
  std::string memory;     // v1: "" where this controller is not there
  std::string processes;  // v1: likewise
};
// Reads a few small files, and in a delegated unit of version 2 moves what is in it to a child once
// (`weir-rest`), since only a group without processes can give controllers to its children.
GroupPlace find_group_place(const GroupHost& host);

// Which limits the kernel keeps for the pod as a whole.
struct GroupKept {
  std::string by;  // "cgroup v2", "cgroup v1", "" when none is
  bool memory = false;
  bool processes = false;
};

class ControlGroup {
 public:
  ControlGroup() = default;
  // Removes groups of makers that have ended, then makes one. Without one when that is refused.
  static ControlGroup make(const GroupPlace& place);
  ~ControlGroup() { remove(); }
  ControlGroup(ControlGroup&& other) noexcept { *this = std::move(other); }
  ControlGroup& operator=(ControlGroup&& other) noexcept;

  bool exists() const { return kind_ != GroupPlace::Kind::none; }
  // For CLONE_INTO_CGROUP; -1 where the new process must join().
  int into() const { return into_.get(); }
  // The calling process, of one thread, goes in (v1). True when it is in all of it.
  bool join() const;
  // Is that process in it, by the kernel's own account?
  bool holds(pid_t pid) const;

  // What could not be set is not kept. 0 sets nothing.
  GroupKept limit(const PodLimits& limits);
  // Readable when the kernel finds no memory within the limit, shortly before it may end somebody; -1 where
  // that ends all processes at once (v2).
  int event() const { return event_.get(); }
  void took_event() const;
  // "memory: the limit is 512 MiB" when the kernel has ended a process of it for want of memory.
  std::optional<std::string> out_of_memory(const PodLimits& limits) const;

  // Ends every process in it, where the kernel can do that at once (v2).
  void kill() const;
  // Waits a moment for processes that are just being taken away; by its maker only, no copy made by fork.
  void remove();

 private:
  GroupPlace::Kind kind_ = GroupPlace::Kind::none;
  pid_t maker_ = -1;
  std::string name_;
  std::vector<std::string> directories_;  // v1: of memory, of processes, where they are; v2: one
  std::string memory_;                    // of them the one with this controller
  std::string processes_;                 // likewise
  os::Fd into_;
  os::Fd event_;
};

}  // namespace weir::pod
