// `weir pod exec --supervise`: nothing is refused; what ran and which program connected where is counted and
// told at the end.
//
//   SupervisionTally tally;
//   tally.attach(options);
//   auto done = pod::launch_pod(ready.plan, options);
//   tally.tell(done->supervised, context);
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "base/json.h"
#include "cli/cli.h"
#include "pod/pod_launch.h"

namespace weir::cli {

class SupervisionTally {
 public:
  // This object outlives the launch.
  void attach(pod::PodOptions& options);
  // For the person; nothing when quiet or with --json.
  void tell(const pod::SupervisionCount& count, const Context& context) const;
  Json to_json(const pod::SupervisionCount& count) const;

 private:
  // Program, argv[0], host or address, port, how: all but the last two as the pod said them.
  using Connection = std::tuple<std::string, std::string, std::string, std::uint16_t, std::string>;
  std::map<Connection, std::uint64_t> connections_;
  std::uint64_t not_listed_ = 0;
};

}  // namespace weir::cli
