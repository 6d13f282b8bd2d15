// What the egress process gives up before it reads a hostile byte. It keeps: its sockets, connections to the
// ports that its policy names, and reading what name resolution reads.
#pragma once

#include <string>
#include <vector>

#include "gateway/egress_policy.h"

namespace weir::gateway {

// For this process, while it has one thread. Names what was put up: "no_new_privs", "not_dumpable", "limits",
// "landlock", "seccomp". What this kernel has not is left out: the address check and not these walls decides
// where the proxy dials.
//   landlock   no file can be written or made; files below /etc, /usr, /lib, /run and the like can be read, a
//   home
//              cannot; TCP to the ports of the policy, its upstream proxies and DNS (ABI 4); no abstract
//              sockets or signals outside (ABI 6)
//   seccomp    no programs, no new processes, no tracing, mounts, namespaces, keyrings, BPF, io_uring
std::vector<std::string> enter_egress_walls(const EgressPolicy& policy);

}  // namespace weir::gateway
