// The egress proxy as a process of its own: what parses hostile bytes holds neither the pod nor the person's
// files, and the pod starts without waiting for it (connections queue at its sockets).
//
//   // in the supervisor, with the sockets of plan_listeners(policy) in that order:
//   TRY(EgressProcess egress, EgressProcess::start(policy, std::move(sockets)));
//   … the pod runs …
//   EgressRecord record = egress.finish();
//
//   // in main(), before anything else:
//   if (argument == kEgressProcessArgument) return run_egress_process();
//
// The program is executed anew, so nothing of the supervisor's memory is in it. It dies with the supervisor.
// When it dies alone, its sockets are closed: the pod's connections are refused, nothing is let through.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "gateway/egress_link.h"
#include "gateway/egress_policy.h"
#include "gateway/egress_record.h"
#include "gateway/egress_secrets.h"
#include "os/fd.h"

namespace weir::gateway {

inline constexpr std::string_view kEgressProcessArgument = "--internal-egress-proxy";

class EgressProcess {
 public:
  // The caller has one thread. `program`: whose main() knows kEgressProcessArgument. Errors: no memory file,
  // no process. A proxy that cannot serve says so in its record.
  // `secrets`: null for none.
  static Result<EgressProcess> start(const EgressPolicy& policy, std::vector<os::Fd> sockets,
                                     const EgressSecrets* secrets = nullptr,
                                     const char* program = "/proc/self/exe");
  ~EgressProcess();
  EgressProcess(EgressProcess&& other) noexcept;
  EgressProcess& operator=(EgressProcess&&) = delete;

  // To the proxy of a supervised pod (policy.supervised); else null.
  EgressLink* link() { return link_ ? &*link_ : nullptr; }
  const EgressLink* link() const { return link_ ? &*link_ : nullptr; }

  // Ends it when what was sent is on its way, after some seconds by force, and reads what it wrote.
  EgressRecord finish();

 private:
  EgressProcess(pid_t pid, os::Fd pidfd, os::Fd stop, os::Fd record, std::optional<EgressLink> link)
      : pid_(pid),
        pidfd_(std::move(pidfd)),
        stop_(std::move(stop)),
        record_(std::move(record)),
        link_(std::move(link)) {}
  int end();  // the wait status

  pid_t pid_ = -1;  // -1: gone
  os::Fd pidfd_;
  os::Fd stop_;    // closing it tells the process to stop
  os::Fd record_;  // a memory file that it writes
  std::optional<EgressLink> link_;
};

// The process itself; the descriptors are as start() has laid them. Returns the exit code.
int run_egress_process();

}  // namespace weir::gateway
