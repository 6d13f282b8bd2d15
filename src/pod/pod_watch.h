// A pod's walls looked at from outside while it runs: that every process in it still has what the probes saw
// before the program started. What a hole in the kernel, or somebody outside with nsenter, did to it is
// noticed within some seconds, and ends the pod.
//
//   PodWatch watch(first);
//   for (const auto& what : watch.breaches()) …     // about every five seconds
//
// Looked at: the system call filter, no_new_privs and missing capabilities of each process
// (/proc/PID/status), its namespaces (all the same, none this machine's), and the table of mounts, which
// nothing changes once the pod stands. Inside the room only; pod_launch.cc asks it for pods of level L3.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace weir::pod {

inline constexpr std::size_t kWatchedAtOnceMax =
    256;  // processes of one look; the next one goes on with others

class PodWatch {
 public:
  // `first`: the pod's first process, which is Weir's own and no member.
  explicit PodWatch(pid_t first) : first_(first) {}

  // A sentence for each wall that no longer stands, at most a few; empty when all do. A process that ends
  // meanwhile, or that the kernel lets nobody look at, is left out.
  std::vector<std::string> breaches();

 private:
  void look_at(pid_t pid, std::vector<std::string>& found);
  void look_at_namespaces(pid_t pid, std::vector<std::string>& found);
  void look_at_mounts(pid_t pid, std::vector<std::string>& found);

  pid_t first_;
  std::size_t next_ = 0;
  std::map<std::string, std::string> namespaces_;  // of the first process that was looked at
  std::string mounts_;                             // its table
};

}  // namespace weir::pod
