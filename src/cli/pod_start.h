// A pod as a command line asks for one, made ready to be launched: what `weir pod exec`, `weir pod shell` and
// `weir run --pod` share.
//
//   TRY(pod::PodRequest request, pod_request(args, context, argv));
//   TRY(pod::PodProfile profile, pod_profile(args, "auto", request.workspace, context));
//   TRY(ReadyPod ready, ready_pod(profile, request, {}, context, {}));
//   tell_before(args, ready, context);
//   PodEgress egress(ready);                     // cli/pod_egress.h
//   egress.attach(options);
//   auto done = pod::launch_pod(ready.plan, options);
//   const bool changed = keep_if_changed(ready, context);
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "changes/pod_store.h"
#include "cli/cli.h"
#include "cli/pod_credentials.h"
#include "cli/pod_direct.h"
#include "gateway/egress_policy.h"
#include "gateway/egress_secrets.h"
#include "os/fd.h"
#include "pod/profile.h"

namespace weir::cli {

struct ReadyPod {
  changes::Pod stored;
  os::Fd lock;  // held while anything in the pod may run
  pod::PodPlan plan;
  std::optional<gateway::EgressPolicy> egress;    // none: no way out
  std::optional<gateway::EgressSecrets> secrets;  // none: nothing is looked at inside TLS
  std::shared_ptr<const PodDirect> direct;        // null: the workspace itself is not written
};

// --limits, --ro, --bind, --env, --allow, --allow-private, --inspect, --credential, --publish, --from,
// --direct, --held.
std::vector<Option> pod_request_options();

// --level, --accept-level, --launcher: what must hold, and who may make the place (docs/pod.md, Launchers).
struct PodLevel {
  pod::Level level = pod::Level::L3;
  bool accept = false;
  pod::Launcher launcher = pod::Launcher::any;
  void apply(pod::PodSpec& spec) const {
    spec.level = level;
    spec.accept_level = accept;
    spec.launcher = launcher;
  }
};
std::vector<Option> pod_level_options();
// Error `invalid`: no such level, no such launcher.
Result<PodLevel> pod_level(const Args& args);

// The current directory, this person and those options. Errors: `invalid`, `not_found`.
Result<pod::PodRequest> pod_request(const Args& args, const Context& context, std::vector<std::string> argv);
// By their names (load_pod_profiles), with --limits, --allow, --allow-private and --inspect.
Result<pod::PodProfile> pod_profile(const Args& args, const std::string& names, const std::string& workspace,
                                    const Context& context);

// Makes a pod in the store and plans it. `complete` may add to the spec. All that can go wrong before a
// process exists; what was made for a pod that cannot be is removed.
using CompleteSpec = std::function<Status(const changes::Pod& stored, pod::PodSpec& spec)>;
// `from`: the pod that --from names.
Result<ReadyPod> ready_pod(const pod::PodProfile& profile, pod::PodRequest request,
                           PodCredentials credentials, const Context& context, const CompleteSpec& complete,
                           const std::optional<changes::Pod>& from = {});

// What needs more of Weir than a pod's start does, and is therefore given by who has it: reading what is
// stored needs a parser. None: only credentials of variables are known, and --from,
// --direct and --follow-data are not.
using FindPod = std::function<Result<std::optional<changes::Pod>>(const Args& args, const Context& context,
                                                                  const std::string& workspace)>;
using FindDirect =
    std::function<Result<std::shared_ptr<const PodDirect>>(const Args& args, const std::string& workspace)>;
// Which files hold keys, tokens or passwords, by their names, for one with this home.
using FindSecrets = std::function<std::function<bool(const std::string& path)>(const std::string& home)>;
struct PodFinds {
  FindCredential credential;
  FindPod pod;
  FindDirect direct;
  FindSecrets secrets;
};

// Before it starts: what the command will miss.
void tell_before(const Args& args, const ReadyPod& ready, Context& context);
// After it has ended: did the workspace change? A pod that changed nothing leaves nothing behind.
bool keep_if_changed(const ReadyPod& ready, const Context& context);

}  // namespace weir::cli
