// The pod's side of egress: sockets inside the pod's network namespace at which everything arrives that its
// programs send, whatever address they send it to. Nothing routes out; who holds the sockets outside (the
// egress proxy) decides what becomes of it.
//
// Two routes make every address one of the pod's own ("AnyIP": ip-route(8), type local), so connect(2) to
// 203.0.113.7:443 arrives at the listener of port 443, and getsockname(2) of the accepted socket gives
// 203.0.113.7:443 back. Ports without a listener refuse at once. Needs neither root nor nftables. Inside the
// room only.
#pragma once

#include <vector>

#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

// Errors: `invalid` for an address that is not one, port 0, two listeners at one place; `limit` above
// kPodListenersMax.
Status check_listeners(const PodSpec& spec);

// For the first process, while it has the capabilities of the network namespace and its loopback is up. The
// sockets are non-blocking, in the order of the spec; TCP ones listen. Errors name the address.
Result<std::vector<os::Fd>> open_listeners(const PodSpec& spec);

}  // namespace weir::pod
