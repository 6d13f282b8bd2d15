// An OCI bundle (Runtime Specification 1.0.2, config.md and bundle.md) of a pod's plan, for gVisor's runsc: a
// root directory with the places of all mounts, and config.json. Inside the room only.
//
// Weir itself is the container's process. It speaks to its supervisor over a socket of the host's that is
// shown inside, since runsc passes no descriptors; the socket takes one connection and is gone then.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

inline constexpr std::string_view kRunscChannel = "/run/weir-pod/channel";

// config.json. `program`: Weir's own, by its path outside; `channel`: the directory of the socket.
Json runsc_config(const PodPlan& plan, const std::string& program, const std::string& channel,
                  const std::vector<std::string>& words);

// Makes `directory`/config.json, /rootfs and /channel in an empty directory.
Status make_runsc_bundle(const PodPlan& plan, const std::string& directory, const std::string& program,
                         const std::vector<std::string>& words);

// A socket in the bundle's directory of the channel, at which the pod's first process reports; and the
// connection once it has come. None when `pid` ends before.
Result<os::Fd> listen_for_runsc(const std::string& directory);
Result<os::Fd> accept_from_runsc(const os::Fd& listener, const std::string& directory, pid_t pid);
// Inside: the other end. Error where nobody listens.
Result<os::Fd> connect_from_runsc();

// The words that start it, and the path of runsc. Error `not_found`.
Result<std::string> find_runsc();
std::vector<std::string> runsc_words(const std::string& runsc, const std::string& directory);

}  // namespace weir::pod
