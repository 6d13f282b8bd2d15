#include "daemon/probes.h"

#include <algorithm>

#include "base/time_text.h"
#include "os/clock.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

constexpr int kRefused = 2;

Json to_json(const ProbeResult& result) {
  Json json = Json::object({{"agent", result.path.agent},
                            {"settings", result.path.settings},
                            {"shim", result.path.shim},
                            {"refused", result.refused},
                            {"level", result.level},
                            {"tried", rfc3339(result.tried_ns)}});
  json.set("last_refused", result.last_refused_ns == 0 ? Json() : Json(rfc3339(result.last_refused_ns)));
  if (!result.detail.empty()) json.set("problem", result.detail);
  return json;
}

bool same_path(const ProbePath& a, const ProbePath& b) {
  return a.agent == b.agent && a.settings == b.settings && a.shim == b.shim;
}

}  // namespace

std::string probe_payload(const std::string& agent) {
  Json payload = Json::object({{"session_id", "weir-probe"},
                               {"transcript_path", ""},
                               {"cwd", "/"},
                               {"hook_event_name", "PreToolUse"},
                               {"tool_name", "Bash"},
                               {"tool_input", Json::object({{"command", "weir uninstall"}})},
                               {"tool_use_id", "weir-probe"}});
  if (agent == "codex")
    payload.set("turn_id", "weir-probe").set("model", "probe").set("permission_mode", "default");
  return compact(payload);
}

Probes::Probes(Paths paths, Recorded recorded, os::Log log)
    : paths_(std::move(paths)), recorded_(std::move(recorded)), log_(std::move(log)) {}

ProbeResult Probes::try_path(const ProbePath& path) const {
  ProbeResult result;
  result.path = path;
  result.tried_ns = os::wall_ns();
  if (!path.problem.empty()) {
    result.detail = path.problem;
    return result;
  }
  os::ChildOptions child;
  child.argv = {path.shim, path.agent, "PreToolUse",   "--socket", path.socket,
                "--key",   path.key,   "--timeout-ms", "5000"};
  child.env = std::map<std::string, std::string>{};
  child.input = probe_payload(path.agent);
  child.timeout_ms = 6000;
  const auto ran = os::run_child(child);
  if (!ran) {
    result.detail = ran.error().message();
  } else if (ran->timed_out) {
    result.detail = "the shim did not end in time";
  } else if (ran->exit.code != kRefused) {
    result.detail = "the shim let a forbidden call pass (exit " + std::to_string(ran->exit.code) + ")";
  } else if (ran->err.find("could not decide") != std::string::npos) {
    // Failing closed is right, but it proves nothing about the policies.
    result.detail = "the shim refused without a verdict: " + ran->err;
  } else {
    result.refused = true;
    result.last_refused_ns = result.tried_ns;
    result.level = "shim";
  }
  return result;
}

Json Probes::run_now() {
  std::vector<ProbeResult> fresh;
  for (const auto& path : paths_())
    fresh.push_back(try_path(path));
  {
    const std::lock_guard lock(mutex_);
    for (auto& result : fresh) {
      const auto old = std::find_if(results_.begin(), results_.end(),
                                    [&](const auto& other) { return same_path(other.path, result.path); });
      if (old == results_.end()) continue;
      result.last_refused_ns = std::max(result.last_refused_ns, old->last_refused_ns);
      if (result.refused && old->level == "agent") result.level = "agent";
    }
    results_ = fresh;
  }
  for (const auto& result : fresh) {
    if (!result.refused)
      log_.error("ALARM: a guarded path does not refuse",
                 {{"agent", result.path.agent}, {"settings", result.path.settings}, {"why", result.detail}});
    if (recorded_) recorded_(result);
  }
  return Json::object({{"ok", all_refused()}, {"paths", report()}});
}

Json Probes::report() const {
  const std::lock_guard lock(mutex_);
  Json list = Json::array();
  for (const auto& result : results_)
    list.push(to_json(result));
  return list;
}

bool Probes::all_refused() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(results_.begin(), results_.end(), [](const auto& result) { return result.refused; });
}

void Probes::note_agent_level(const std::string& agent, std::int64_t wall_ns) {
  const std::lock_guard lock(mutex_);
  for (auto& result : results_)
    if (result.path.agent == agent && result.refused) {
      result.level = "agent";
      result.last_refused_ns = wall_ns;
    }
}

}  // namespace weir::daemon
