// `weir pod exec --supervise`: nothing is refused; what ran and which program connected where is counted and
// told at the end; with --follow-data also what it could hold then.
//
//   SupervisionTally tally;
//   tally.attach(options);
//   auto done = pod::launch_pod(ready.plan, options);
//   tally.tell(done->supervised, context);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cli/cli.h"
#include "pod/pod_launch.h"

namespace weir::cli {

class SupervisionTally {
 public:
  // This object outlives the launch. `is_secret`: which files are told of.
  void attach(pod::PodOptions& options, std::function<bool(const std::string& path)> is_secret = nullptr);
  // For the person; nothing when quiet or with --json.
  void tell(const pod::SupervisionCount& count, const Context& context) const;
  Json to_json(const pod::SupervisionCount& count) const;

 private:
  // Program, argv[0], host or address, port, how: all but the last two as the pod said them.
  using Connection = std::tuple<std::string, std::string, std::string, std::uint16_t, std::string>;
  struct Row {
    std::uint64_t times = 0;
    std::map<std::pair<pod::Origin::Kind, std::string>, std::vector<std::string>> holds;  // by what steps
  };
  static Json holds_of(const Row& row);
  std::map<Connection, Row> connections_;
  std::uint64_t not_listed_ = 0;
};

}  // namespace weir::cli
