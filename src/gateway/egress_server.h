// The egress proxy: serves the listening sockets of one pod until it is told to stop.
//
//   TRY(auto plan, plan_listeners(policy));            // and sockets made for it, in the same order
//   EgressOptions options;
//   options.stop_fd = pipe_end;                        // readable or closed: stop
//   options.on_event = [&](const EgressEvent& event) { record.add(event); };
//   TRY_STATUS(serve_egress(std::move(listeners), policy, options));
//
// One thread and one loop; names are resolved on threads beside it. Everything is bounded (gateway_limits.h):
// a pod that opens more connections waits in the kernel's queue, one that sends more than its peer reads is
// slowed. A fault here ends the way out of one pod and nothing else: run it in a process of its own
// (egress_process.h).
#pragma once

#include <functional>
#include <vector>

#include "gateway/credential_set.h"
#include "gateway/egress_link.h"
#include "gateway/egress_policy.h"
#include "gateway/egress_record.h"
#include "gateway/resolver.h"
#include "gateway/tls_stream.h"
#include "os/fd.h"

namespace weir::gateway {

struct EgressListener {
  ListenerPlan::Kind kind = ListenerPlan::Kind::transparent;
  os::Fd socket;  // bound; TCP ones listen
};

struct EgressOptions {
  std::function<void(const EgressEvent&)> on_event;
  std::function<void()> on_second;                       // about once a second, when something happens
  ResolveFunction resolve = resolve_by_system;           // tests have their own
  std::function<bool(const IpAddress&)> is_own_address;  // none: asks the kernel
  CredentialSet* credentials = nullptr;                  // none: no credentials
  TlsContexts* tls = nullptr;                            // needed for them, and for inspected hosts
  int stop_fd = -1;
  EgressLink* link = nullptr;  // to the supervisor, for policy.supervised; outlives the call
};

// Returns when stop_fd is ready and what clients had sent has gone out, for at most kDrainMs. Errors: a
// socket that is none, no descriptors or threads to begin with, a supervised pod without a link.
Status serve_egress(std::vector<EgressListener> listeners, const EgressPolicy& policy,
                    const EgressOptions& options);

}  // namespace weir::gateway
