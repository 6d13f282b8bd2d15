// The pod tried out from inside, by its first program after every wall stands and before it becomes the
// command. Every attempt is harmless also when it gets through, and the pod then ends. Inside the room only.
#pragma once

#include "os/fd.h"
#include "pod/pod_landlock.h"
#include "pod/pod_report.h"

namespace weir::pod {

// Bait outside, made before the pod and taken away when it has reported.
struct PodCanary {
  std::string file;           // readable by this user; "" where no file could be made
  std::uint16_t port = 0;     // listens on the host's 127.0.0.1; 0 where it has no loopback
  std::string abstract_name;  // listens in the host's abstract namespace, without the leading NUL
  pid_t outside_pid = 0;
  std::uint64_t root_device = 0;  // of the host's root directory
  std::uint64_t root_inode = 0;
  os::Fd tcp;
  os::Fd abstract;
};

// Its file lies where no mount of the plan shows it.
PodCanary make_pod_canary(const PodPlan& plan);
void remove_pod_canary(PodCanary& canary);

// All steps, in the order of docs/pod.md. `filter_refused`: why there is no system call filter, "" when there
// is one.
std::vector<ShieldStep> probe_pod(const PodPlan& plan, const PodCanary& canary, const PodLandlock& landlock,
                                  const std::string& filter_refused, int channel);

// The same without namespaces: pod_probes_alone.cc.
std::vector<ShieldStep> probe_pod_alone(const PodPlan& plan, const PodCanary& canary,
                                        const PodLandlock& landlock, const std::string& filter_refused,
                                        int channel);
// Those of the filter, or that there is none.
void add_filter_steps(std::vector<ShieldStep>& steps, const std::string& refused);

// Sockets and system calls: pod_probes_kernel.cc.
ShieldStep probe_host_loopback(const PodCanary& canary);
ShieldStep probe_pod_abstract_sockets(const PodCanary& canary);
ShieldStep probe_network_out();
// With egress: every address leads back into the pod.
ShieldStep probe_network_home(const PodPlan& plan);
ShieldStep probe_namespaces();
ShieldStep probe_mount_calls();
ShieldStep probe_other_processes();
ShieldStep probe_tracing_calls();  // of it what the filter alone keeps
// gVisor knows no "not dumpable": the environment of the first process, which is only a PATH, can be read.
ShieldStep probe_tracing_in_gvisor();
ShieldStep probe_keyrings();
ShieldStep probe_kernel_interfaces();
ShieldStep probe_socket_families();

}  // namespace weir::pod
