// The shield tried out from inside, before the agent starts. Every probe is harmless also when it gets
// through, and undoes what it did. Inside the room only.
#pragma once

#include "os/fd.h"
#include "pod/shield.h"

namespace weir::pod {

// What must be made before the shield is entered, to be out of reach afterwards.
struct Canary {
  os::Fd abstract_listener;
  std::string abstract_name;                // without the leading NUL
  std::vector<std::string> hidden_sockets;  // sockets that lie in hidden directories and are not kept
  pid_t outside_pid = 0;
};
Canary make_canary(const ShieldPlan& plan, pid_t outside_pid);

// Each sets `verified` when the attempt was refused.
ShieldStep probe_hidden(const ShieldPlan& plan, const Canary& canary);
ShieldStep probe_kept(const ShieldPlan& plan);
ShieldStep probe_read_only(const ShieldPlan& plan);
ShieldStep probe_masked(const ShieldPlan& plan);
ShieldStep probe_pins(const ShieldPlan& plan);
ShieldStep probe_locked(const ShieldPlan& plan, const std::vector<std::string>& mount_points);
ShieldStep probe_capabilities();
ShieldStep probe_tracing(const Canary& canary);
ShieldStep probe_signals(const Canary& canary);
ShieldStep probe_abstract_sockets(const Canary& canary);
ShieldStep probe_terminals();
ShieldStep probe_terminal_input();
ShieldStep probe_foreign_limits(const Canary& canary);

}  // namespace weir::pod
