// What a pod turned out to be: which walls were put up, which held when they were tried from inside, who
// enforces each limit, and the level that follows. Made before the program starts; goes into the record.
#pragma once

#include "base/json.h"
#include "pod/pod_spec.h"
#include "pod/shield.h"

namespace weir::pod {

// How a limit is kept. `enforced`: the kernel refuses what would exceed it. `supervised`: the supervisor
// looks every 100 ms and ends the pod. `off`: none was asked for.
struct LimitState {
  std::string name;  // "memory", "processes", "open_files", "cpu", "disk", "file", "time"
  std::uint64_t value = 0;
  std::string kept;  // "enforced", "supervised", "off"
  std::string by;    // "RLIMIT_NPROC of the user namespace"
};

struct PodReport {
  std::vector<ShieldStep> steps;  // each wall: applied, verified, detail
  std::vector<LimitState> limits;
  std::vector<std::string> weaknesses;
  std::vector<std::string> notes;  // for the person: what was made otherwise than usual
  int landlock_abi = 0;
  Launcher launcher = Launcher::own;

  const ShieldStep* find(std::string_view name) const;
  // From the verified steps alone.
  Level level() const;
};

Json to_json(const PodReport& report);

}  // namespace weir::pod
