// The way out of a pod, as a command line asks for one: --allow and --allow-private, a profile's `allow`, and
// the process that serves the pod's listeners (gateway/egress_process.h).
//
//   PodEgress egress(ready);
//   egress.attach(options);                       // nothing when nothing is allowed
//   auto done = pod::launch_pod(ready.plan, options);
//   if (auto record = egress.finish()) tell_egress(*record, context);
#pragma once

#include <optional>
#include <vector>

#include "cli/pod_start.h"
#include "gateway/egress_process.h"
#include "pod/pod_launch.h"

namespace weir::cli {

// What the profile allows, and where credentials belong. None: nothing. Errors: a destination that is none.
Result<std::optional<gateway::EgressPolicy>> egress_policy(
    const pod::PodProfile& profile, const std::vector<gateway::Credential>& credentials);
Result<std::vector<pod::PodListener>> egress_listeners(const gateway::EgressPolicy& policy);

// For a supervised pod it also carries what the supervisor and the proxy tell each other.
class PodEgress final : public pod::WayOut {
 public:
  explicit PodEgress(ReadyPod& ready) : policy_(ready.egress), secrets_(ready.secrets) {}

  // The process starts with the first that arrives at the pod's sockets: most commands never want out. With
  // secrets or under supervision as soon as the sockets are there; then the secrets are wiped here. This
  // object and `options` outlive the launch; `options.on_tick` is set before.
  void attach(pod::PodOptions& options);
  // What happened; none without egress, or when the pod was never made.
  std::optional<gateway::EgressRecord> finish();

  // pod::WayOut
  int fd() const override;
  void say(Hears& supervisor) override;
  void let_out(const pod::LetOut& connection) override;
  void answer(std::uint64_t question, bool allowed) override;

 private:
  gateway::EgressLink* link();
  Status start();
  void start_when_asked(std::vector<int>& wake_fds);

  const std::optional<gateway::EgressPolicy>& policy_;
  std::optional<gateway::EgressSecrets>& secrets_;
  std::vector<os::Fd> sockets_;  // until the process has them
  os::Fd arrivals_;              // readable when somebody wants out; while the process has not started
  std::optional<gateway::EgressProcess> process_;
  std::string problem_;  // why it could not start
};

// For the person: what was refused, a line each and how to allow it, at most ten, and five that failed;
// nothing when quiet, or with
// --json.
void tell_egress(const gateway::EgressRecord& record, const Context& context);

}  // namespace weir::cli
