// bubblewrap's command line for a pod (bwrap(1), 0.7 or later): namespaces and the view of the plan, and in
// it Weir itself as their first process, which goes on as in a pod of its own: Landlock, filter, probes.
// Inside the room only.
#pragma once

#include <string>
#include <vector>

#include "os/fd.h"
#include "pod/pod_spec.h"

namespace weir::pod {

// Where Weir's program is shown inside.
inline constexpr std::string_view kPodInsidePlace = "/run/weir-pod-inside";

struct BwrapCommand {
  std::vector<std::string> argv;
  std::vector<os::Fd> files;  // contents of the plan's files, which bwrap inherits and reads
};

// `program`: Weir's own, by its path outside; `words`: what it is started with. Error: no memory for a file.
Result<BwrapCommand> bwrap_command(const PodPlan& plan, const std::string& bwrap, const std::string& program,
                                   const std::vector<std::string>& words);

// The path of bwrap, once it has shown that it can make user namespaces here. Error `not_found`;
// `unavailable` with its own words.
Result<std::string> find_bwrap();

// Weir's static program, beside the one that runs. Error `not_found`.
Result<std::string> inside_program();

}  // namespace weir::pod
