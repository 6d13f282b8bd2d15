// --publish: ports of a pod's programs at the host's loopback, as `weir pod exec`, `weir pod shell` and
// `weir run --pod` take them (pod/portal.h).
//
//   TRY(PodPublish publish, PodPublish::open(args));   // before anything else: a taken port is told at once
//   spec.published = publish.inside();
//   publish.attach(options, context);                  // after options.on_ready has been set
//   auto done = pod::launch_pod(…);
//   publish.finish();                                  // nothing is left of it
#pragma once

#include <optional>
#include <vector>

#include "base/json.h"
#include "cli/cli.h"
#include "pod/pod_launch.h"
#include "pod/portal.h"

namespace weir::cli {

Option publish_option();

class PodPublish {
 public:
  // Errors: `invalid`, `limit`; `unavailable` for a port of the host that is taken.
  static Result<PodPublish> open(const Args& args);

  std::vector<std::uint16_t> inside() const;  // each once
  // Tells where they are when the walls stand: with --json one line of its own, since the other comes at the
  // end. This object outlives the launch and does not move meanwhile.
  void attach(pod::PodOptions& options, Context& context);
  void finish();

  bool any() const { return !ports_.empty(); }
  Json to_json() const;  // [{"host_port":8080,"port":8000}]

 private:
  void tell(Context& context) const;

  std::vector<pod::PublishedPort> ports_;  // as they are outside
  std::vector<pod::PublishedSocket> sockets_;
  std::optional<pod::Portal> portal_;
  bool found_ = false;  // one was to be any that is free
};

}  // namespace weir::cli
