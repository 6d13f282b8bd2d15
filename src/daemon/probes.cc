#include "daemon/probes.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/time_text.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::daemon {
namespace {

constexpr int kRefused = 2;
constexpr int kProbeTimeoutMs = 10'000;  // the shim itself gives up after 8 s
constexpr std::size_t kStateBytesMax = limits::kMiB;

Json time_or_null(std::int64_t wall_ns) {
  return wall_ns == 0 ? Json() : Json(rfc3339(wall_ns));
}

std::int64_t time_of(const Json& json) {
  return from_rfc3339(json.text_or("")).value_or(0);
}

Json to_json(const ProbeResult& result) {
  Json json = Json::object({{"path", result.path.name},
                            {"agent", result.path.agent},
                            {"settings", result.path.settings},
                            {"shim", result.path.command.empty() ? "" : result.path.command.front()},
                            {"refused", result.refused},
                            {"level", result.level},
                            {"tried", rfc3339(result.tried_ns)},
                            {"last_refused", time_or_null(result.last_refused_ns)},
                            {"last_agent", time_or_null(result.last_agent_ns)}});
  if (!result.live_failure.empty()) json.set("live_failure", result.live_failure);
  if (!result.agent_version.empty()) json.set("agent_version", result.agent_version);
  if (!result.detail.empty()) json.set("problem", result.detail);
  return json;
}

// Changes when the settings or the shim's place change: then what a live test saw no longer counts.
std::string command_digest(const ProbePath& path) {
  return digest_text(sha256(compact(Json::strings(path.command))));
}

// The shim refuses, and yet the agent was seen to run the call.
void disobeyed(ProbeResult& result) {
  result.refused = false;
  result.level = "none";
  result.detail =
      "the last live test was not refused: " + result.live_failure + "; mend it, then `weir doctor --live`";
}

}  // namespace

bool is_probe_root(std::string_view root) {
  return root == kProbeSession || root.ends_with(":" + std::string(kProbeSession));
}

std::string probe_payload(const std::string& agent) {
  Json payload = Json::object({{"session_id", kProbeSession},
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

Probes::Probes(ProbeOptions options, Paths paths, Recorded recorded, os::Log log)
    : options_(std::move(options)),
      paths_(std::move(paths)),
      recorded_(std::move(recorded)),
      log_(std::move(log)) {
  load();
}

ProbeResult Probes::try_path(const ProbePath& path) const {
  ProbeResult result;
  result.path = path;
  result.tried_ns = os::wall_ns();
  if (!path.problem.empty() || path.command.empty()) {
    result.detail = path.problem.empty() ? "no command is known" : path.problem;
    return result;
  }
  os::ChildOptions child;
  child.argv = path.command;
  child.env = std::map<std::string, std::string>{};
  child.input = probe_payload(path.agent);
  child.timeout_ms = kProbeTimeoutMs;
  const auto ran = os::run_child(child);
  if (!ran) {
    result.detail = ran.error().message();
  } else if (ran->timed_out) {
    result.detail = "the shim did not end in time";
  } else if (ran->exit.code != kRefused) {
    result.detail = options_.observe
                        ? "the daemon runs in mode observe: it records and refuses nothing"
                        : "the shim let a forbidden call pass (exit " + std::to_string(ran->exit.code) + ")";
  } else if (ran->err.find("could not decide") != std::string::npos) {
    // Failing closed is right, but it proves nothing about the policies.
    result.detail = "the shim refused without a verdict: " + printable(trim(ran->err), 300);
  } else {
    result.refused = true;
    result.last_refused_ns = result.tried_ns;
    result.level = "shim";
  }
  return result;
}

// Carries over what was seen before. The caller holds mutex_.
void Probes::remember(ProbeResult& fresh) const {
  const auto old = std::find_if(results_.begin(), results_.end(),
                                [&](const auto& other) { return other.path.name == fresh.path.name; });
  if (old == results_.end()) return;
  fresh.last_refused_ns = std::max(fresh.last_refused_ns, old->last_refused_ns);
  fresh.last_agent_ns = old->last_agent_ns;
  fresh.agent_version = old->agent_version;
  if (command_digest(fresh.path) != command_digest(old->path)) return;
  fresh.live_failure = old->live_failure;
  if (fresh.refused && old->level == "agent") fresh.level = "agent";
  if (fresh.refused && !fresh.live_failure.empty()) disobeyed(fresh);
}

// The weakest of the agent's installed paths; of its `weir run` path where nothing is installed.
std::string Probes::agent_level(const std::string& agent) const {
  static constexpr std::string_view kLevels[] = {"none", "shim", "agent"};
  std::string weakest;
  std::string of_run = "none";
  for (const auto& result : results_) {
    if (result.path.agent != agent) continue;
    if (result.path.name.starts_with("run/")) {
      of_run = result.level;
      continue;
    }
    const auto rank = [](const std::string& level) {
      return std::find(std::begin(kLevels), std::end(kLevels), level) - std::begin(kLevels);
    };
    if (weakest.empty() || rank(result.level) < rank(weakest)) weakest = result.level;
  }
  return weakest.empty() ? of_run : weakest;
}

Json Probes::run_now() {
  const std::lock_guard one_round(round_);
  std::vector<ProbeResult> fresh;
  for (const auto& path : paths_())
    fresh.push_back(try_path(path));
  std::vector<std::string> levels;
  {
    const std::lock_guard lock(mutex_);
    for (auto& result : fresh)
      remember(result);
    results_ = fresh;
    for (const auto& result : fresh)
      levels.push_back(agent_level(result.path.agent));
    save();
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (!fresh[i].refused)
      log_.error("ALARM: a guarded path does not refuse",
                 {{"path", fresh[i].path.name}, {"why", fresh[i].detail}});
    if (recorded_) recorded_(fresh[i], levels[i]);
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

Status Probes::note_live(const LiveSighting& seen) {
  ProbeResult noted;
  std::string level;
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::find_if(results_.begin(), results_.end(),
                                    [&](const auto& result) { return result.path.name == seen.path; });
    if (known == results_.end())
      return fail(ErrorCode::not_found, "no such path is probed", seen.path, "see `weir status`");
    if (seen.refused) {
      known->last_agent_ns = seen.wall_ns;
      known->last_refused_ns = std::max(known->last_refused_ns, seen.wall_ns);
      known->agent_version = seen.version;
      // The shim itself did refuse; only the live failure stood against the path.
      if (!known->live_failure.empty() && known->path.problem.empty()) known->refused = true;
      known->live_failure.clear();
      if (known->refused) {
        known->level = "agent";
        known->detail.clear();
      }
    } else if (!options_.observe) {
      known->live_failure = printable(seen.detail, 300);
      if (known->refused) disobeyed(*known);
    }
    noted = *known;
    level = agent_level(noted.path.agent);
    save();
  }
  if (!seen.refused)
    log_.error("ALARM: a live test of the agent was not refused",
               {{"path", seen.path}, {"why", seen.detail}});
  if (recorded_) recorded_(noted, level);
  return {};
}

// A sighting that cannot be read is not believed: the path begins as never seen.
void Probes::load() {
  if (options_.state_file.empty()) return;
  const auto bytes = os::read_file(options_.state_file, kStateBytesMax);
  if (!bytes) return;
  const auto json = parse_json(*bytes, {.bytes_max = kStateBytesMax, .depth_max = 8});
  if (!json || !(*json)["paths"].is_array()) return;
  for (const Json& row : (*json)["paths"].as_array()) {
    ProbeResult result;
    result.path.name = row["path"].text_or("");
    result.path.agent = row["agent"].text_or("");
    result.path.settings = row["settings"].text_or("");
    if (row["command"].is_array())
      for (const Json& word : row["command"].as_array())
        result.path.command.emplace_back(word.text_or(""));
    result.detail = "not tried since the daemon started";
    result.tried_ns = time_of(row["tried"]);
    result.last_refused_ns = time_of(row["last_refused"]);
    result.last_agent_ns = time_of(row["last_agent"]);
    result.agent_version = row["agent_version"].text_or("");
    result.live_failure = row["live_failure"].text_or("");
    if (row["level"].text_or("") == "agent") result.level = "agent";
    if (!result.path.name.empty()) results_.push_back(std::move(result));
  }
}

void Probes::save() const {
  if (options_.state_file.empty()) return;
  Json rows = Json::array();
  for (const auto& result : results_) {
    Json row = to_json(result);
    row.set("command", Json::strings(result.path.command));
    rows.push(std::move(row));
  }
  const Status written =
      os::write_file_atomic(options_.state_file, compact(Json::object({{"v", 1}, {"paths", rows}})) + "\n",
                            0600, os::Durability::none);
  if (!written) log_.warn("what the probes saw was not kept", {{"why", written.error().message()}});
}

}  // namespace weir::daemon
