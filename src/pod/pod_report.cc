#include "pod/pod_report.h"

#include <algorithm>

namespace weir::pod {
namespace {

// The walls without which there is no pod, and those that stand behind them.
constexpr std::string_view kFirstWalls[] = {"files_outside", "write_outside",    "processes",
                                            "host_loopback", "abstract_sockets", "network_out",
                                            "capabilities"};
constexpr std::string_view kFilterWalls[] = {"namespaces",        "mounts",  "tracing",       "keyrings",
                                             "kernel_interfaces", "sockets", "terminal_input"};
// What the host's root directory, processes and network are kept behind, where none of them is the pod's own.
constexpr std::string_view kWithoutNamespaces[] = {"write_outside",    "host_loopback", "network_out",
                                                   "abstract_sockets", "capabilities",  "landlock_files"};
constexpr std::string_view kLandlockWalls[] = {"landlock_files", "landlock_scopes"};

template <std::size_t n>
bool all_hold(const PodReport& report, const std::string_view (&names)[n]) {
  return std::all_of(std::begin(names), std::end(names), [&](std::string_view name) {
    const ShieldStep* step = report.find(name);
    return step != nullptr && step->applied && step->verified;
  });
}

}  // namespace

const ShieldStep* PodReport::find(std::string_view name) const {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return step.name == name; });
  return found == steps.end() ? nullptr : &*found;
}

Level PodReport::level() const {
  const bool filtered = all_hold(*this, kFilterWalls);
  if (!all_hold(*this, kFirstWalls))
    return filtered && all_hold(*this, kWithoutNamespaces) ? Level::L1 : Level::L0;
  const bool everything =
      std::all_of(steps.begin(), steps.end(), [](const auto& step) { return step.applied && step.verified; });
  return filtered && all_hold(*this, kLandlockWalls) && everything ? Level::L3 : Level::L2;
}

Json to_json(const PodReport& report) {
  Json steps = Json::array();
  for (const auto& step : report.steps)
    steps.push(Json::object({{"name", step.name},
                             {"applied", step.applied},
                             {"verified", step.verified},
                             {"detail", step.detail}}));
  Json limits = Json::array();
  for (const auto& limit : report.limits)
    limits.push(
        Json::object({{"name", limit.name}, {"value", limit.value}, {"kept", limit.kept}, {"by", limit.by}}));
  return Json::object({{"level", name(report.level())},
                       {"launcher", name(report.launcher)},
                       {"landlock_abi", report.landlock_abi},
                       {"steps", std::move(steps)},
                       {"limits", std::move(limits)},
                       {"weaknesses", Json::strings(report.weaknesses)},
                       {"notes", Json::strings(report.notes)}});
}

}  // namespace weir::pod
